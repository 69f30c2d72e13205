// Package main becomes another Go library of the process: goroutines and garbage.
package main

import "C"

import "runtime"

//export spin
func spin(n C.long) C.long {
	sums := make(chan int)
	go func() {
		parts := make([][]byte, 0, int(n))
		sum := 0
		for i := range int(n) {
			parts = append(parts, make([]byte, 1024))
			sum += i
		}
		runtime.KeepAlive(parts)
		sums <- sum
	}()
	return C.long(<-sums)
}

func main() {}
