package rows

// Sorter sorts rows by their places. It keeps its scratch; one goroutine at a time.
type Sorter struct {
	keys, spare []keyed
	hits        []Hit
}

// keyed is the key of a row that stood at a place of the list.
type keyed struct {
	key uint64
	at  uint32
}

// sortFrom is how many rows a radix sort is quicker for than insertion.
const sortFrom = 32

// Refs sorts a list, ascending. O(n), a quarter of what comparing takes for 160 rows, a seventh for 512.
func (s *Sorter) Refs(list []Ref) {
	s.keys = s.keys[:0]
	for i, r := range list {
		s.keys = append(s.keys, keyed{r.Key(), uint32(i)})
	}
	s.sort()
	for i, k := range s.keys {
		list[i] = Ref{Part: int32(k.key >> 32), Row: uint32(k.key)}
	}
}

// Hits sorts a list by the rows, ascending; hits of one row stay in their order. O(n).
func (s *Sorter) Hits(list []Hit) {
	s.keys = s.keys[:0]
	for i := range list {
		s.keys = append(s.keys, keyed{list[i].Key(), uint32(i)})
	}
	s.sort()
	s.hits = append(s.hits[:0], list...)
	for i, k := range s.keys {
		list[i] = s.hits[k.at]
	}
}

// sort sorts keys: by insertion, or by one byte after the other, from the lowest, but for
// those that all have in common.
func (s *Sorter) sort() {
	keys := s.keys
	if len(keys) < sortFrom {
		for i, k := range keys {
			at := i
			for ; at > 0 && k.key < keys[at-1].key; at-- {
				keys[at] = keys[at-1]
			}
			keys[at] = k
		}
		return
	}
	differ := uint64(0)
	for i := range keys {
		differ |= keys[i].key ^ keys[0].key
	}
	if cap(s.spare) < len(keys) {
		s.spare = make([]keyed, cap(keys))
	}
	for shift := 0; differ>>shift != 0; shift += 8 {
		if byte(differ>>shift) == 0 {
			continue
		}
		var starts [256]uint32
		for i := range keys {
			starts[byte(keys[i].key>>shift)]++
		}
		sum := uint32(0)
		for i, count := range starts {
			starts[i] = sum
			sum += count
		}
		to := s.spare[:len(keys)]
		for _, k := range keys {
			place := &starts[byte(k.key>>shift)]
			to[*place] = k
			*place++
		}
		s.spare, keys = keys[:cap(keys)], to
	}
	s.keys = keys
}
