package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const twoParts = `goos: linux
pkg: lbbot/zenlayer
BenchmarkPartRequest-2   	    1000	      4006 ns/op	    2784 B/op	      20 allocs/op
BenchmarkOther-2         	    1000	      4006 ns/op	    2784 B/op	      99 allocs/op
PASS
BenchmarkPartParse/full  	    1000	      3000 ns/op	     800 B/op	       0 allocs/op
`

func TestAllocationsThatGrowByATenthFail(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		old, changed string   // what differs from twoParts
		want         []string // in the error; none: no error
	}{
		"the same": {},
		"measured with another number of processors": {"Request-2", "Request-16", nil},
		"ten times as slow":                          {"4006 ns", "40060 ns", nil},
		"less":                                       {"20 allocs", "2 allocs", nil},
		"less than a tenth more":                     {"20 allocs", "21 allocs", nil},
		"a tenth more":                               {"20 allocs", "22 allocs", []string{"PartRequest: 22"}},
		"where there were none":                      {" 0 allocs", " 1 allocs", []string{"PartParse/full: 1"}},
		"a part is not measured":                     {"BenchmarkPartParse", "X", []string{"PartParse/full was not"}},
		"a new part has no baseline yet": {"PartParse", "PartRead",
			[]string{"PartRead/full is not", "PartParse/full was not"}},
	}
	was, err := parse(strings.NewReader(twoParts))
	require.NoError(t, err)
	require.Equal(t, map[string]cost{"PartRequest": {4006, 2784, 20}, "PartParse/full": {3000, 800, 0}}, was)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, err := parse(strings.NewReader(strings.ReplaceAll(twoParts, tt.old, tt.changed)))
			require.NoError(t, err)
			err = compare(io.Discard, was, now)
			if tt.want == nil {
				require.NoError(t, err)
			}
			for _, words := range tt.want {
				require.ErrorContains(t, err, words)
			}
		})
	}
}

func TestMeasurementsThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":        "PASS\n",
		"no allocations": "BenchmarkPartParse-2  1000  3000 ns/op\n",
		"words":          "BenchmarkPartParse-2  1000  fast ns/op\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(strings.NewReader(text))
			require.Error(t, err)
		})
	}
}

func TestTheBaselineCanBeRead(t *testing.T) {
	t.Parallel()
	file, err := os.Open("baseline.txt")
	require.NoError(t, err)
	defer file.Close()
	parts, err := parse(file)
	require.NoError(t, err)
	require.NotEmpty(t, parts)
}
