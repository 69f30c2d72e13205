package contest

import (
	"encoding/binary"
	"fmt"
	"os"
)

// number is what the files between driver and parties hold, little-endian, without header.
type number interface {
	~int64 | ~float64 | ~float32 | ~uint8 | ~uint32
}

// ReadNumbers reads a file of numbers.
func ReadNumbers[T number](path string) ([]T, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var one T
	size := binary.Size(one)
	if len(data)%size != 0 {
		return nil, fmt.Errorf("%s: %d bytes are no numbers of %d", path, len(data), size)
	}
	numbers := make([]T, len(data)/size)
	_, err = binary.Decode(data, binary.LittleEndian, numbers)
	return numbers, err
}

// WriteNumbers writes a file of numbers.
func WriteNumbers[T number](path string, numbers []T) error {
	data, err := binary.Append(nil, binary.LittleEndian, numbers)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// Size is the bytes of a file, or of all files below a folder.
func Size(path string) (bytes float64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if !info.IsDir() {
		return float64(info.Size()), nil
	}
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		below, failed := Size(path + "/" + e.Name())
		if failed != nil {
			return 0, failed
		}
		bytes += below
	}
	return bytes, err
}
