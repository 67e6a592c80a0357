// The workloads of grove_bench for Go, by the same names: goroutines and channels.
//
//	GOMAXPROCS=2 go run bench.go workload…
//
// A goroutine's mailbox is a channel of 1,024, and it is asked for an answer by a channel of its own.
package main

import (
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
)

const (
	batch   = 1000
	mailbox = 1024
)

type result struct {
	ops     int
	elapsed time.Duration
	more    map[string]float64
}

func timed(ops int, work func()) result {
	start := time.Now()
	work()
	return result{ops: ops, elapsed: time.Since(start)}
}

func resident() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	var total, pages float64
	if _, err := fmt.Sscan(string(text), &total, &pages); err != nil {
		panic(err)
	}
	return pages * float64(os.Getpagesize())
}

func ring(members, hops int) result {
	done := make(chan bool)
	channels := make([]chan int, members)
	for index := range channels {
		channels[index] = make(chan int, 1)
	}
	for index := range channels {
		go func(in, next chan int) {
			for left := range in {
				if left == 0 {
					done <- true
				} else {
					next <- left - 1
				}
			}
		}(channels[index], channels[(index+1)%members])
	}
	channels[0] <- members
	<-done
	found := timed(hops, func() {
		channels[0] <- hops
		<-done
	})
	for _, each := range channels {
		close(each)
	}
	return found
}

func pingpong(rounds int) result {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for number := range ping {
			pong <- number
		}
	}()
	found := timed(rounds, func() {
		for round := 0; round < rounds; round++ {
			ping <- round
			<-pong
		}
	})
	close(ping)
	return found
}

type question struct {
	number int
	answer chan int
}

func server() chan question {
	questions := make(chan question, mailbox)
	go func() {
		for each := range questions {
			each.answer <- each.number
		}
	}()
	return questions
}

// A call with a limit of five seconds, as a GenServer call has it. The answer's channel holds one, so that a late
// answer holds up nobody; the timer is used again.
func call(to chan question, answer chan int, limit *time.Timer, number int) {
	limit.Reset(5 * time.Second)
	to <- question{number, answer}
	select {
	case <-answer:
		if !limit.Stop() {
			<-limit.C
		}
	case <-limit.C:
		panic("no answer in time")
	}
}

func calls(clients, total int) result {
	to := server()
	start, done := make(chan bool), make(chan bool)
	each := total / clients
	for client := 0; client < clients; client++ {
		go func() {
			answer := make(chan int, 1)
			limit := time.NewTimer(time.Hour)
			limit.Stop()
			<-start
			for number := 0; number < each; number++ {
				call(to, answer, limit, number)
			}
			done <- true
		}()
	}
	found := timed(each*clients, func() {
		close(start)
		for client := 0; client < clients; client++ {
			<-done
		}
	})
	close(to)
	return found
}

// From a goroutine that has a thread of the system to itself.
func callFromThread(total int) result {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	to := server()
	answer := make(chan int, 1)
	limit := time.NewTimer(time.Hour)
	limit.Stop()
	found := timed(total, func() {
		for number := 0; number < total; number++ {
			call(to, answer, limit, number)
		}
	})
	close(to)
	return found
}

func flood(producers, total int) result {
	each := total / producers
	to, start, done := make(chan int, mailbox), make(chan bool), make(chan bool)
	go func() {
		for left := each * producers; left > 0; left-- {
			<-to
		}
		done <- true
	}()
	for producer := 0; producer < producers; producer++ {
		go func() {
			<-start
			for number := 0; number < each; number++ {
				to <- number
			}
		}()
	}
	return timed(each*producers, func() {
		close(start)
		<-done
	})
}

func spawnAndEnd(count int) result {
	done := make(chan bool, batch)
	return timed(count, func() {
		for started := 0; started < count; started += batch {
			for index := 0; index < batch; index++ {
				go func() { done <- true }()
			}
			for index := 0; index < batch; index++ {
				<-done
			}
		}
	})
}

// Each waits on a channel of its own, as a process waits on its mailbox.
func spawnIdle(count int) result {
	all := make([]chan bool, count)
	runtime.GC()
	before := resident()
	found := timed(count, func() {
		for index := range all {
			own := make(chan bool, 1)
			all[index] = own
			go func() { <-own }()
		}
	})
	found.more = map[string]float64{"rss_bytes_each": (resident() - before) / float64(count)}
	for _, each := range all {
		close(each)
	}
	return found
}

type ping struct {
	from   chan ping // nil: an answer
	isLast bool
}

func big(pings int) result {
	const actors = 1000
	start, done := make(chan bool), make(chan bool)
	peers := make([]chan ping, actors)
	for index := range peers {
		peers[index] = make(chan ping, 2*actors)
	}
	for index := range peers {
		go func(own chan ping, random *rand.Rand) {
			<-start
			peers[random.Intn(actors)] <- ping{from: own}
			for left := pings; ; {
				got := <-own
				if got.isLast {
					return
				} else if got.from != nil {
					got.from <- ping{}
				} else if left--; left > 0 {
					peers[random.Intn(actors)] <- ping{from: own}
				} else {
					done <- true
				}
			}
		}(peers[index], rand.New(rand.NewSource(int64(index))))
	}
	found := timed(actors*pings, func() {
		close(start)
		for range peers {
			<-done
		}
	})
	for _, each := range peers {
		each <- ping{isLast: true}
	}
	return found
}

func skynetNode(to chan int, number, leaves int) {
	if leaves == 1 {
		to <- number
		return
	}
	sums := make(chan int, 10)
	for child := 0; child < 10; child++ {
		go skynetNode(sums, number+child*leaves/10, leaves/10)
	}
	sum := 0
	for child := 0; child < 10; child++ {
		sum += <-sums
	}
	to <- sum
}

func skynet() result {
	const leaves = 1000000
	to := make(chan int)
	return timed(leaves, func() {
		go skynetNode(to, 0, leaves)
		if <-to != 499999500000 {
			panic("the leaves' numbers do not add up")
		}
	})
}

func timersCancel(count int) result {
	return timed(count, func() {
		for index := 0; index < count; index++ {
			time.AfterFunc(time.Duration(1+index%1000)*time.Millisecond, func() {}).Stop()
		}
	})
}

var workloads = map[string]func() result{
	"ring":             func() result { return ring(1000, 2000000) },
	"ring100k":         func() result { return ring(100000, 1000000) },
	"pingpong":         func() result { return pingpong(1000000) },
	"gen_call":         func() result { return calls(1, 500000) },
	"gen_call8":        func() result { return calls(8, 500000) },
	"call_from_thread": func() result { return callFromThread(50000) },
	"send_flood":       func() result { return flood(1, 3000000) },
	"send_flood8":      func() result { return flood(8, 3000000) },
	"spawn":            func() result { return spawnAndEnd(1000000) },
	"spawn_idle":       func() result { return spawnIdle(1000000) },
	"big":              func() result { return big(1000) },
	"skynet":           skynet,
	"timers_cancel":    func() result { return timersCancel(2000000) },
}

func main() {
	names := os.Args[1:]
	if len(names) == 1 && names[0] == "--list" {
		for name := range workloads {
			names = append(names, name)
		}
		names = names[1:]
		sort.Strings(names)
		fmt.Println(strings.Join(names, "\n"))
		return
	}
	for _, name := range names {
		workload, known := workloads[name]
		if !known {
			fmt.Fprintln(os.Stderr, "bench: no such workload:", name)
			os.Exit(2)
		}
		found := workload()
		fmt.Printf(`{"peer":"go","schedulers":%d,"workload":"%s","ops":%d,"seconds":%.6f,"ns_per_op":%.2f`,
			runtime.GOMAXPROCS(0), name, found.ops, found.elapsed.Seconds(),
			float64(found.elapsed.Nanoseconds())/float64(found.ops))
		for key, value := range found.more {
			fmt.Printf(`,"%s":%.3f`, key, value)
		}
		fmt.Println("}")
	}
}
