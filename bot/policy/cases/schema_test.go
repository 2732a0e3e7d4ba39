package cases

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// definition is the part of the schema that is compared.
type definition struct {
	Properties map[string]struct {
		Enum []string `json:"enum"`
	} `json:"properties"`
	AnyOf []definition `json:"anyOf"`
	Enum  []string     `json:"enum"`
}

// keys are the keys that a type has in a file.
func keys(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		switch name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); {
		case f.Anonymous:
			out = append(out, keys(f.Type)...)
		case name != "":
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func TestTheSchemaHasTheKeysThatParseTakes(t *testing.T) {
	t.Parallel()
	var s struct {
		definition
		Defs map[string]definition `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(Schema(), &s))
	s.Defs["want"] = definition{Properties: s.Defs["want"].AnyOf[1].Properties}
	for name, of := range map[string]reflect.Type{
		"": reflect.TypeFor[File](), "person": reflect.TypeFor[Person](), "channel": reflect.TypeFor[Channel](),
		"listener": reflect.TypeFor[Listener](),
		"instance": reflect.TypeFor[Instance](), "defaults": reflect.TypeFor[Ask](), "case": reflect.TypeFor[Case](),
		"want": reflect.TypeFor[Want](),
	} {
		d := s.definition
		if name != "" {
			d = s.Defs[name]
		}
		var got []string
		for key := range d.Properties {
			got = append(got, key)
		}
		slices.Sort(got)
		require.Equal(t, keys(of), got, name)
	}
	require.Equal(t, words(kinds()), s.Defs["person"].Properties["kind"].Enum)
	require.Equal(t, words(append([]string{"any"}, words(denials())...)), s.Defs["want"].Properties["deny"].Enum)
}

func words[T any](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = fmt.Sprint(x)
	}
	return out
}
