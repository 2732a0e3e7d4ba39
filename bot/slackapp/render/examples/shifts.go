package examples

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Shift is one sample with one value of another type.
type Shift struct {
	Path   string // of the value: user.teams[0]
	Sample string
	Same   bool // it is the same value in another type
}

// Shifts returns a sample, which must be valid JSON, once for each of its values and each other type that
// the value could have.
func Shifts(sample string) []Shift {
	var list []Shift
	var root any
	if err := json.Unmarshal([]byte(sample), &root); err != nil {
		panic(err)
	}
	whole := func() string {
		b, err := json.Marshal(root)
		if err != nil {
			panic(err)
		}
		return string(b)
	}
	var walk func(v any, path string, set func(any))
	walk = func(v any, path string, set func(any)) {
		for _, x := range otherTypes(v) {
			set(x.value)
			list = append(list, Shift{Path: strings.TrimPrefix(path, "."), Sample: whole(), Same: x.same})
		}
		set(v)
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key], path+"."+key, func(x any) { v[key] = x })
			}
		case []any:
			for i := range v {
				walk(v[i], fmt.Sprintf("%s[%d]", path, i), func(x any) { v[i] = x })
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(root.(map[string]any))) {
		object := root.(map[string]any)
		walk(object[key], key, func(x any) { object[key] = x })
	}
	return list
}

type other struct {
	value any
	same  bool
}

// otherTypes returns values of other types, some of which are the same value.
func otherTypes(v any) []other {
	strange := []other{{value: []any{"x"}}, {value: map[string]any{"x": 1}}, {value: map[string]any{}}}
	switch v := v.(type) {
	case bool:
		n := 0
		if v {
			n = 1
		}
		return append(strange, other{strconv.FormatBool(v), true}, other{n, true}, other{strconv.Itoa(n), true},
			other{value: "maybe"}, other{value: 7}, other{value: nil})
	case float64:
		return append(strange, other{strconv.FormatFloat(v, 'f', -1, 64), true}, other{value: true},
			other{value: "many"})
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && strconv.FormatInt(n, 10) == v {
			return append(strange, other{n, true}, other{value: true})
		}
		return append(strange, other{value: true}, other{value: false})
	case []any:
		return []other{{value: "x"}, {value: 7}, {value: map[string]any{"0": "x"}}, {value: true}}
	case map[string]any:
		return []other{{value: "x"}, {value: 7}, {value: []any{"x"}}, {value: true}}
	}
	return nil
}
