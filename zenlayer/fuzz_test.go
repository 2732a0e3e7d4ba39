package zenlayer

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzAnswers reads any body as the answer of every call. None may panic, and
// a number in quotes must be read as the number.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"requestId":"T1","response":{"requestId":"T1","backendId":7}}`,
		`{"requestId":7,"code":40013,"message":"no"}`,
		`{"response":{"totalCount":"1","dataSet":[{"backendId":7,"weight":"50","port":[80,"443"],"instanceId":null}]}}`,
		`{"response":{"totalCount":1,"dataSet":[{"listenerId":"l","port":80,"healthCheck":{"checkEnabled":"true"}}]}}`,
		`{"response":{"totalCount":1.0,"dataSet":[{"loadBalancerId":"b","listenerList":[{"listenerId":1}],
			"backendList":{}}]}}`,
		`{"response":{"totalCount":1,"dataSet":[{"instanceId":"i","publicIpAddresses":"10.0.0.1",
			"primaryPublicIpAddress":[]}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(raw []byte, into json.Unmarshaler) error {
			a := answer{status: http.StatusOK, header: http.Header{}, raw: raw,
				clean: func(text string, _ int) string { return text }}
			return a.decode(into)
		}
		d := json.NewDecoder(strings.NewReader(string(data)))
		d.UseNumber()
		var value any
		valid := d.Decode(&value) == nil
		plain, _ := json.Marshal(value)
		quoted, _ := json.Marshal(quotedNumbers(value))
		for _, fresh := range []func() json.Unmarshaler{
			func() json.Unmarshaler { return new(listing[Backend]) },
			func() json.Unmarshaler { return new(listing[Listener]) },
			func() json.Unmarshaler { return new(listing[LoadBalancer]) },
			func() json.Unmarshaler { return new(listing[Instance]) },
		} {
			_ = read(data, fresh()) // must not panic
			got, want := fresh(), fresh()
			if !valid || read(plain, want) != nil {
				continue
			}
			require.NoError(t, read(quoted, got))
			require.Equal(t, want, got)
		}
	})
}

// quotedNumbers puts every number into quotes.
func quotedNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		return v.String()
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = quotedNumbers(inner)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, inner := range v {
			out[name] = quotedNumbers(inner)
		}
		return out
	}
	return value
}
