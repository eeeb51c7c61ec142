// What crosses between Go and C in a correct program, in ways that try what stands in between: goroutines on many threads
// that are preempted by signals while they allocate in C, C threads that call Go, blocks that one thread makes and another
// releases, faults that Go recovers from on stacks of its own, and children.
package main

/*
#cgo LDFLAGS: -pthread
#include <stdlib.h>
#include <string.h>
#include "words.h"
*/
import "C"

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/cgo"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

type counter struct{ calls, bytes atomic.Int64 }

//export hear
func hear(handle C.uintptr_t, text *C.char) {
	c := cgo.Handle(handle).Value().(*counter)
	c.calls.Add(1)
	c.bytes.Add(int64(len(C.GoString(text))))
}

func must(ok bool) {
	if !ok {
		panic("it does not hold")
	}
}

// Both models: the library's own objects, and a buffer of the caller's.
func cross() {
	words := C.words_new()
	defer C.words_end(words)
	for n := 0; n < 500; n++ {
		text := C.CString(fmt.Sprint("word", n))
		must(C.words_add(words, text) == 0)
		C.free(unsafe.Pointer(text))
	}
	joined := C.words_joined(words)
	defer C.free(unsafe.Pointer(joined))
	buffer := make([]byte, C.words_fill(words, nil, 0)+1)
	C.words_fill(words, (*C.char)(unsafe.Pointer(&buffer[0])), C.size_t(len(buffer)))
	must(C.GoString(joined) == C.GoString((*C.char)(unsafe.Pointer(&buffer[0]))))
	bytes := C.CBytes(buffer)
	must(C.memcmp(bytes, unsafe.Pointer(&buffer[0]), C.size_t(len(buffer))) == 0)
	C.free(bytes)
	fmt.Printf("%d words, %x\n", C.words_count(words), sha256.Sum256(buffer))
}

// Goroutines that stay in Go are preempted by SIGURG; those in C are interrupted by it while they hold whatever they hold.
func preempt() {
	debug.SetGCPercent(10)
	var wait sync.WaitGroup
	var stop atomic.Bool
	sums := make([]uint64, 24)
	for n := range sums {
		wait.Add(1)
		go func(n int) {
			defer wait.Done()
			if n%2 == 0 {
				runtime.LockOSThread()
			}
			for round := 0; round < 20; round++ {
				sums[n] += uint64(C.churn(2000, C.uint(n*100+round)))
				garbage := make([][]byte, 200)
				for i := range garbage {
					garbage[i] = make([]byte, 512)
				}
			}
		}(n)
	}
	for n := 0; n < 2; n++ {
		go func() { // never asks the scheduler: only a signal takes it off its thread
			for !stop.Load() {
			}
		}()
	}
	for n := 0; n < 20; n++ {
		runtime.GC()
		runtime.Gosched()
	}
	wait.Wait()
	stop.Store(true)
	fmt.Println(sums)
}

// Blocks go through a channel: another thread releases them.
func pass() {
	blocks := make(chan unsafe.Pointer, 64)
	var makers, enders sync.WaitGroup
	var count atomic.Int64
	for n := 0; n < 8; n++ {
		makers.Add(1)
		enders.Add(1)
		go func() {
			defer makers.Done()
			for i := 0; i < 3000; i++ {
				blocks <- C.malloc(C.size_t(1 + i%700))
			}
		}()
		go func() {
			defer enders.Done()
			for block := range blocks {
				count.Add(1)
				C.free(block)
			}
		}()
	}
	makers.Wait()
	close(blocks)
	enders.Wait()
	fmt.Println(count.Load(), "blocks passed")
}

func threads() {
	var c counter
	handle := cgo.NewHandle(&c)
	defer handle.Delete()
	for round := 0; round < 20; round++ {
		must(C.words_tell_in_threads(16, C.uintptr_t(handle)) == 0)
	}
	fmt.Println(c.calls.Load(), "calls,", c.bytes.Load(), "bytes")
}

// A signal of the program's own while others allocate, and faults of Go code, which come on the signal's stack and end
// in a panic on the goroutine's.
func signals() {
	heard := make(chan os.Signal, 1000)
	signal.Notify(heard, syscall.SIGUSR1)
	done := make(chan uint64)
	go func() { done <- uint64(C.churn(300000, 7)) }()
	for n := 0; n < 200; n++ {
		must(syscall.Kill(os.Getpid(), syscall.SIGUSR1) == nil)
		must(<-heard == syscall.SIGUSR1)
	}
	faults := 0
	for n := 0; n < 100; n++ {
		func() {
			defer func() {
				if recover() != nil {
					faults++
				}
			}()
			var none *counter
			none.calls.Add(1)
		}()
	}
	fmt.Println(<-done, faults, "faults")
}

func children() {
	var wait sync.WaitGroup
	said := make([]string, 16)
	for n := range said {
		wait.Add(1)
		go func(n int) {
			defer wait.Done()
			C.churn(5000, C.uint(n))
			out, err := exec.Command("/bin/sh", "-c", fmt.Sprintf("echo child %02d; exit %d", n, n%3)).Output()
			status, _ := err.(*exec.ExitError)
			said[n] = fmt.Sprint(strings.TrimSpace(string(out)), " ", status != nil)
		}(n)
	}
	wait.Wait()
	sort.Strings(said)
	fmt.Println(strings.Join(said, ", "))
}

// What only Go's memory leads to: its heap and its stacks keep C's blocks alive.
var kept = map[string]*C.struct_words{}

func keep() {
	for n := 0; n < 100; n++ {
		words := C.words_new()
		text := C.CString("kept")
		C.words_add(words, text)
		C.free(unsafe.Pointer(text))
		kept[fmt.Sprint(n)] = words
	}
	runtime.GC()
	fmt.Println(len(kept), "kept")
}

var deeds = map[string]func(){"cross": cross, "preempt": preempt, "pass": pass, "threads": threads, "signals": signals,
	"children": children, "keep": keep}

//export perform
func perform(name *C.char) {
	deeds[C.GoString(name)]()
}

func main() {
	for _, name := range os.Args[1:] {
		deeds[name]()
	}
}
