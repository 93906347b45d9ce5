package checkout

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
)

// liveHeap returns the bytes that are reachable after a collection.
func liveHeap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestTheLiveHeapIsAsLargeAsAskedForBeforeAndAfterWork(t *testing.T) {
	const want = 32 << 20
	before := liveHeap()
	shop := Open(Load{LiveHeap: want, Garbage: 16 << 10})
	for _, orders := range []int{0, 20_000} {
		for range orders {
			shop.Checkout(typicalItems)
		}
		if got := liveHeap() - before; got < want*8/10 || got > want*12/10 {
			t.Errorf("after %d orders the live heap is %d MiB, want about %d MiB", orders, got>>20, want>>20)
		}
	}
	runtime.KeepAlive(shop)
}

func TestARequestAllocatesTheGarbageAskedFor(t *testing.T) {
	const want, orders = 64 << 10, 500
	shop := Open(Load{Garbage: want})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range orders {
		shop.Checkout(typicalItems)
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / orders; got < want || got > want+8<<10 {
		t.Errorf("an order allocated %d bytes, want %d and a few KiB for itself", got, want)
	}
}

func TestTwoShopsSellTheSameToTheSameOrderNumber(t *testing.T) {
	load := Load{LiveHeap: 1 << 20, Garbage: 4 << 10, HashRounds: 3}
	one, other := Open(load), Open(load)
	for range 10 {
		if a, b := one.Checkout(5), other.Checkout(5); !bytes.Equal(a.Receipt, b.Receipt) {
			t.Fatalf("receipts differ:\n%s\n%s", a.Receipt, b.Receipt)
		}
	}
}

func TestTheReceiptListsTheCartAndItsDiscountedTotal(t *testing.T) {
	order := Open(Load{Garbage: 4 << 10}).Checkout(3)
	sum := int64(0)
	for _, line := range order.Lines {
		sum += line.Quantity * line.Product.PriceCents
	}
	if len(order.Lines) != 3 || order.TotalCents > sum || order.TotalCents < sum-50 {
		t.Errorf("%d lines, total %d of %d", len(order.Lines), order.TotalCents, sum)
	}
	if lines := strings.Count(string(order.Receipt), "\n"); lines != 3+3 {
		t.Errorf("receipt:\n%s", order.Receipt)
	}
}

func TestTheLatestOrdersAreKeptAndPushOutTheOldest(t *testing.T) {
	shop := Open(Load{})
	orders := map[*Order]bool{}
	for range len(shop.latest) {
		orders[shop.Checkout(1)] = true
	}
	for i := range shop.latest {
		if !orders[shop.latest[i].Load()] {
			t.Fatalf("place %d holds none of the latest orders", i)
		}
	}
}

func TestMoreHashRoundsGiveAnotherSignature(t *testing.T) {
	one, two := Open(Load{HashRounds: 1}).Checkout(1), Open(Load{HashRounds: 2}).Checkout(1)
	if bytes.Equal(one.Receipt, two.Receipt) {
		t.Error("the rounds leave no trace")
	}
}

func TestACartIsBounded(t *testing.T) {
	shop := Open(Load{})
	for items, want := range map[int]int{-1: 1, 0: 1, 7: 7, 1_000_000: MaxItems} {
		if got := len(shop.Checkout(items).Lines); got != want {
			t.Errorf("%d items made %d lines, want %d", items, got, want)
		}
	}
}

func BenchmarkCheckout(b *testing.B) {
	shop := Open(Load{LiveHeap: 24 << 20, Garbage: 32 << 10, HashRounds: 500})
	for b.Loop() {
		shop.Checkout(typicalItems)
	}
}
