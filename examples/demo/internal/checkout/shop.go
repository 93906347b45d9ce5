// Package checkout is the demo's business: it prices a cart against a catalogue held in memory, keeps the
// latest orders, and signs a receipt. What matters is that the garbage collector and the processor see
// what they see in a real service: a live heap full of pointers of which a part changes with every
// request, short-lived garbage, and some arithmetic.
package checkout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"unsafe"
)

// Load says how heavy the shop is to run.
type Load struct {
	LiveHeap   int64 // bytes that stay reachable: half catalogue, half latest orders
	Garbage    int64 // bytes of short-lived allocations per request, beside the order itself
	HashRounds int   // SHA-256 rounds that sign a receipt; a round takes about 0.1 µs
}

// Product is one entry of the catalogue.
type Product struct {
	SKU        string
	PriceCents int64
	Related    []*Product
}

// Line is one position of an order.
type Line struct {
	Product  *Product
	Quantity int64
}

// Order is a cart that was paid for.
type Order struct {
	Number     uint64
	Lines      []Line
	TotalCents int64
	Receipt    []byte
}

const (
	relatedProducts = 6
	typicalItems    = 8
	receiptBytes    = 1024
	minimumEntries  = 16

	productBytes = int64(unsafe.Sizeof(Product{})) + relatedProducts*8 + 16 + 8 // with its SKU and its place in the catalogue
	orderBytes   = int64(unsafe.Sizeof(Order{})) + typicalItems*int64(unsafe.Sizeof(Line{})) + receiptBytes + 8
)

// MaxItems bounds a cart.
const MaxItems = 100

// Shop takes orders. It is safe for concurrent use.
type Shop struct {
	load      Load
	catalogue []*Product
	latest    []atomic.Pointer[Order] // a ring: each order replaces the oldest
	orders    atomic.Uint64
}

// Open fills a shop's catalogue and its ring of orders, so that the live heap has its size from the start.
func Open(load Load) *Shop {
	s := &Shop{
		load:      load,
		catalogue: make([]*Product, max(minimumEntries, load.LiveHeap/2/productBytes)),
		latest:    make([]atomic.Pointer[Order], max(minimumEntries, load.LiveHeap/2/orderBytes)),
	}
	random := rand.New(rand.NewPCG(1, 0))
	for i := range s.catalogue {
		s.catalogue[i] = &Product{SKU: fmt.Sprintf("sku-%08d", i), PriceCents: 99 + random.Int64N(20_000)}
	}
	for _, product := range s.catalogue {
		product.Related = make([]*Product, relatedProducts)
		for i := range product.Related {
			product.Related[i] = s.pick(random)
		}
	}
	for range s.latest {
		s.keep(s.price(s.orders.Add(1), typicalItems))
	}
	return s
}

// Checkout takes an order of the given number of items, at most MaxItems.
func (s *Shop) Checkout(items int) *Order {
	order := s.price(s.orders.Add(1), min(max(items, 1), MaxItems))
	order.TotalCents -= s.bestDiscount(order)
	order.Receipt = s.sign(order)
	s.keep(order)
	return order
}

func (s *Shop) pick(random *rand.Rand) *Product {
	return s.catalogue[random.IntN(len(s.catalogue))]
}

func (s *Shop) keep(order *Order) {
	s.latest[order.Number%uint64(len(s.latest))].Store(order)
}

// price fills the cart that belongs to an order's number; the same number always buys the same.
func (s *Shop) price(number uint64, items int) *Order {
	random := rand.New(rand.NewPCG(2, number))
	order := &Order{Number: number, Lines: make([]Line, items), Receipt: make([]byte, receiptBytes)}
	for i := range order.Lines {
		line := Line{Product: s.pick(random), Quantity: 1 + random.Int64N(3)}
		order.Lines[i] = line
		order.TotalCents += line.Quantity * line.Product.PriceCents
	}
	return order
}

// offer is a candidate discount; a chain of offers is the request's garbage.
type offer struct {
	product *Product
	cents   int64
	next    *offer
	terms   [40]byte
}

// bestDiscount compares offers on the products related to the cart: the more garbage is asked for, the
// more offers it makes up.
func (s *Shop) bestDiscount(order *Order) int64 {
	var offers *offer
	count := s.load.Garbage / int64(unsafe.Sizeof(offer{}))
	for i := range count {
		line := order.Lines[i%int64(len(order.Lines))]
		related := line.Product.Related[i%relatedProducts]
		offers = &offer{product: related, cents: related.PriceCents % 50, next: offers}
	}
	best := int64(0)
	for candidate := offers; candidate != nil; candidate = candidate.next {
		best = max(best, candidate.cents)
	}
	return best
}

// sign renders the receipt and closes it with an iterated digest.
func (s *Shop) sign(order *Order) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "order %d\n", order.Number)
	for _, line := range order.Lines {
		fmt.Fprintf(&text, "%3d x %s %9d\n", line.Quantity, line.Product.SKU, line.Product.PriceCents)
	}
	fmt.Fprintf(&text, "total %d\n", order.TotalCents)
	digest := sha256.Sum256([]byte(text.String()))
	for range s.load.HashRounds {
		digest = sha256.Sum256(digest[:])
	}
	text.WriteString(hex.EncodeToString(digest[:]))
	text.WriteByte('\n')
	receipt := make([]byte, 0, max(receiptBytes, text.Len()))
	return append(receipt, text.String()...)
}
