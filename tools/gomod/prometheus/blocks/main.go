// Command blocks writes the past of many series as blocks of a Prometheus, through Prometheus' own writers.
//
// It reads one JSON document from standard input. Series of one shape share their chunks on disk, so that a month of
// many thousand series is written in seconds; to whoever reads them they are series like any other.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

const (
	blockLength     = 24 * time.Hour
	samplesPerChunk = 120
)

// shape is what the samples of a series are: one every so often, each larger than the one before by about
// Step (a counter), or about Step itself (a gauge).
type shape struct {
	EverySeconds int64   `json:"every_seconds"`
	Step         float64 `json:"step"`
	Gauge        bool    `json:"gauge"`
}

type series struct {
	Labels map[string]string `json:"labels"`
	shape
}

type document struct {
	Directory string   `json:"directory"`
	From      int64    `json:"from"`
	Until     int64    `json:"until"`
	Series    []series `json:"series"`
}

type named struct {
	labels labels.Labels
	shape  shape
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "blocks:", err)
		os.Exit(1)
	}
}

func run() error {
	var wanted document
	if err := json.NewDecoder(os.Stdin).Decode(&wanted); err != nil {
		return err
	}
	all := make([]named, 0, len(wanted.Series))
	symbols := map[string]struct{}{}
	for _, one := range wanted.Series {
		all = append(all, named{labels.FromMap(one.Labels), one.shape})
		for name, value := range one.Labels {
			symbols[name], symbols[value] = struct{}{}, struct{}{}
		}
	}
	slices.SortFunc(all, func(a, b named) int { return labels.Compare(a.labels, b.labels) })
	for from := wanted.From; from < wanted.Until; {
		until := min(from+int64(blockLength.Seconds()), wanted.Until)
		if err := write(wanted.Directory, wanted.From, from, until, all, slices.Sorted(maps.Keys(symbols))); err != nil {
			return err
		}
		from = until
	}
	return nil
}

func write(root string, origin, from, until int64, all []named, symbols []string) error {
	id := ulid.Make()
	directory := filepath.Join(root, id.String())
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	chunkWriter, err := chunks.NewWriter(filepath.Join(directory, "chunks"))
	if err != nil {
		return err
	}
	indexWriter, err := index.NewWriter(context.Background(), filepath.Join(directory, "index"))
	if err != nil {
		return err
	}
	for _, symbol := range symbols {
		if err := indexWriter.AddSymbol(symbol); err != nil {
			return err
		}
	}
	written := map[shape][]chunks.Meta{}
	stats := tsdb.BlockStats{NumSeries: uint64(len(all))}
	for number, one := range all {
		metas, found := written[one.shape]
		if !found {
			if metas, err = encode(one.shape, origin, from, until); err != nil {
				return err
			}
			if err := chunkWriter.WriteChunks(metas...); err != nil {
				return err
			}
			written[one.shape] = metas
		}
		forgetOrder(indexWriter)
		if err := indexWriter.AddSeries(storage.SeriesRef(number), one.labels, metas...); err != nil {
			return err
		}
		stats.NumChunks += uint64(len(metas))
		stats.NumSamples += uint64((until - from) / one.shape.EverySeconds)
	}
	if err := chunkWriter.Close(); err != nil {
		return err
	}
	if err := indexWriter.Close(); err != nil {
		return err
	}
	meta := tsdb.BlockMeta{
		ULID: id, MinTime: from * 1000, MaxTime: until * 1000, Stats: stats, Version: 1,
		Compaction: tsdb.BlockMetaCompaction{Level: 1, Sources: []ulid.ULID{id}},
	}
	content, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "meta.json"), content, 0o644)
}

// forgetOrder lets the next series refer to chunks that an earlier one refers to. The writer refuses that as a sign of a
// fault in a compaction; to readers the order means nothing.
func forgetOrder(writer *index.Writer) {
	last := reflect.ValueOf(writer).Elem().FieldByName("lastChunkRef")
	*(*chunks.ChunkRef)(unsafe.Pointer(last.UnsafeAddr())) = 0
}

func encode(of shape, origin, from, until int64) ([]chunks.Meta, error) {
	var metas []chunks.Meta
	var appender chunkenc.Appender
	var current *chunkenc.XORChunk
	for at := from; at < until; at += of.EverySeconds {
		if current == nil || current.NumSamples() == samplesPerChunk {
			current = chunkenc.NewXORChunk()
			var err error
			if appender, err = current.Appender(); err != nil {
				return nil, err
			}
			metas = append(metas, chunks.Meta{Chunk: current, MinTime: at * 1000})
		}
		appender.Append(0, at*1000, of.value((at-origin)/of.EverySeconds))
		metas[len(metas)-1].MaxTime = at * 1000
	}
	return metas, nil
}

// value is whole and uneven, as counts are: numbers in even steps would be packed tighter than real ones.
func (s shape) value(number int64) float64 {
	uneven := s.Step * float64(number*2654435761>>8&0xff) / 0xff
	if s.Gauge {
		return math.Round(s.Step/2 + uneven)
	}
	return math.Round(s.Step*float64(number) + uneven/2)
}
