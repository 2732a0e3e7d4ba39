package zenlayer_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
)

// canned is a transport that answers every request with one body.
type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(string(c))), Request: r}, nil
}

// reading is one way to read a response, with the fields that the client needs.
type reading struct {
	response string
	needed   []string
	read     func(*testing.T, *zenlayer.Client) (any, error)
}

const listenerInfo = `{"loadBalancerId":"lb-1","listenerId":"lst-1","listenerName":"8443",
	"status":"Available","port":"80",
	"protocol":"TCP","backendProtocol":"TCP","scheduler":"wrr","kind":"FNAT",
	"healthCheck":{"checkEnabled":true,"checkPort":80},"createTime":"2026-03-10T09:00:00Z"}`

func readings() map[string]reading {
	listeners := []string{"loadBalancerId", "listenerId", "listenerName", "port", "protocol", "kind"}
	return map[string]reading{
		"RegisterBackend": {`{"requestId":"T1","backendId":"12345678901234567890"}`, []string{"backendId"},
			func(t *testing.T, c *zenlayer.Client) (any, error) { return c.RegisterBackend(t.Context(), request()) }},
		"DescribeBackends": {`{"totalCount":1,"dataSet":[{"listenerId":"lst-1","backendId":"7","backendName":"web",
			"status":"Available","port":"80","weight":50,
			"instanceId":"1001","instanceName":"web","instanceType":"BM","createTime":"2026"}]}`,
			[]string{"totalCount", "dataSet", "backendId", "port", "weight", "instanceId"},
			func(t *testing.T, c *zenlayer.Client) (any, error) {
				return c.DescribeBackends(t.Context(), "lst-1",
					zenlayer.BackendFilter{InstanceType: zenlayer.InstanceBM})
			}},
		"DescribeListeners": {`{"totalCount":1,"dataSet":[` + listenerInfo + `]}`,
			append([]string{"totalCount", "dataSet"}, listeners...),
			func(t *testing.T, c *zenlayer.Client) (any, error) {
				return c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{})
			}},
		"DescribeLoadBalancers": {`{"totalCount":1,"dataSet":[{"loadBalancerId":"lb-1","zoneId":"SIN1",
			"loadBalancerName":"77","status":"Available",
			"resourceGroupId":"9","resourceGroupName":"default","createTime":"2026",
			"listenerList":[` + listenerInfo + `],"backendList":[],"bandwidth":10}]}`,
			append([]string{"totalCount", "dataSet", "zoneId", "loadBalancerName", "listenerList"}, listeners...),
			func(t *testing.T, c *zenlayer.Client) (any, error) {
				return c.DescribeLoadBalancers(t.Context(), zenlayer.LoadBalancerFilter{})
			}},
		"DescribeInstances": {`{"totalCount":1,"dataSet":[{"instanceId":"1001","instanceName":"12","hostname":"12",
			"zoneId":"1","instanceStatus":"RUNNING",
			"publicIpAddresses":[],"privateIpAddresses":["10.0.0.1"],"primaryPublicIpAddress":"203.0.113.1",
			"ipv6Addresses":["2001:db8::1"],"primaryPublicIPv6Address":"2001:db8::2",
			"resourceGroupName":"3","createTime":"2026","expiredTime":null,
			"instanceType":{"cpuCores":32},"period":null}]}`,
			[]string{"totalCount", "dataSet", "instanceId", "instanceName", "hostname", "publicIpAddresses",
				"privateIpAddresses", "primaryPublicIpAddress",
				"ipv6Addresses", "primaryPublicIPv6Address"},
			func(t *testing.T, c *zenlayer.Client) (any, error) {
				return c.DescribeInstances(t.Context(), zenlayer.InstanceBM, zenlayer.InstanceFilter{})
			}},
	}
}

// of reads a response, an answer being made of it.
func (r reading) of(t *testing.T, response any) (any, error) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"requestId": "T1", "response": response})
	require.NoError(t, err)
	return r.read(t, client(t, "http://127.0.0.1:1",
		func(c *zenlayer.Config) { c.HTTPClient = &http.Client{Transport: canned(body)} }))
}

func parsed(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var value any
	require.NoError(t, d.Decode(&value))
	return value
}

// replaced returns value with every field of a name replaced.
func replaced(value any, name string, by func(any) any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			if out[key] = replaced(inner, name, by); key == name {
				out[key] = by(inner)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = replaced(inner, name, by)
		}
		return out
	}
	return value
}

var digits = regexp.MustCompile(`^[1-9]\d*$`)

// names are those of all fields in value.
func names(value any) []string {
	found := map[string]bool{}
	eachField(value, func(name string) { found[name] = true })
	return slices.Sorted(maps.Keys(found))
}

func eachField(value any, see func(string)) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			see(name)
			eachField(inner, see)
		}
	case []any:
		for _, inner := range v {
			eachField(inner, see)
		}
	}
}

// shifted is the same value in another JSON type: a number or a switch in
// quotes, digits without them.
func shifted(value any) any {
	switch v := value.(type) {
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case string:
		if digits.MatchString(v) {
			return json.Number(v)
		}
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = shifted(inner)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, inner := range v {
			out[name] = shifted(inner)
		}
		return out
	}
	return value
}

func TestNumbersAndTextsAreTheSameValueInEveryField(t *testing.T) {
	t.Parallel()
	for action, r := range readings() {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			response := parsed(t, r.response)
			want, err := r.of(t, response)
			require.NoError(t, err)
			for _, name := range names(response) {
				got, err := r.of(t, replaced(response, name, shifted))
				require.NoError(t, err, name)
				require.Equal(t, want, got, name)
			}
			got, err := r.of(t, shifted(response))
			require.NoError(t, err)
			require.Equal(t, want, got, "all of them at once")
		})
	}
}

func TestUnreadableRequiredFieldIsNamedInTheError(t *testing.T) {
	t.Parallel()
	for action, r := range readings() {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			response := parsed(t, r.response)
			for _, name := range names(response) {
				for _, wrong := range []any{map[string]any{"x": 1}, true, []any{[]any{1}}} {
					got, err := r.of(t, replaced(response, name, func(any) any { return wrong }))
					if slices.Contains(r.needed, name) || name == "loadBalancerId" {
						require.Error(t, err, "%s: %v", name, wrong)
						require.Contains(t, err.Error(), name)
						require.Equal(t, zenlayer.OutcomeUnknown, zenlayer.OutcomeOf(err))
						continue
					}
					require.NoError(t, err, "%s: %v", name, wrong)
					if name == "checkEnabled" && wrong == true {
						continue // that is a switch
					}
					absent, err := r.of(t, replaced(response, name, func(any) any { return nil }))
					require.NoError(t, err)
					require.Equal(t, absent, got, name)
				}
			}
		})
	}
}

func TestSamplesOfShiftedTypes(t *testing.T) {
	t.Parallel()
	listener := func(change string, value any) zenlayer.Listener {
		got, err := readings()["DescribeListeners"].of(t, replaced(parsed(t, readings()["DescribeListeners"].response),
			change, func(any) any { return value }))
		require.NoError(t, err)
		return got.([]zenlayer.Listener)[0]
	}
	for _, port := range []any{80, "80", []any{"80"}, []any{80}} {
		require.Equal(t, "80", listener("port", port).Port, "%v", port)
	}
	require.Equal(t, "80,443", listener("port", []any{80, "443"}).Port)
	for value, want := range map[any]*bool{true: new(true), "true": new(true), "True": new(true), 1: new(true),
		"false": new(false), 0: new(false), "perhaps": nil, nil: nil} {
		require.Equal(t, want, listener("checkEnabled", value).HealthCheck, "%v", value)
	}
	for _, none := range []any{nil, map[string]any{}, "off", []any{}} {
		require.Nil(t, listener("healthCheck", none).HealthCheck, "%v: not said is not off", none)
	}

	added, err := readings()["RegisterBackend"].of(t, map[string]any{"backendId": json.Number("12345678901234567890")})
	require.NoError(t, err)
	require.Equal(t, zenlayer.RegisteredBackend{RequestID: "T1", BackendID: "12345678901234567890"}, added,
		"no digit is lost")
	for _, none := range []any{nil, "", true, map[string]any{}, []any{"be-1"}} {
		_, err := readings()["RegisterBackend"].of(t, map[string]any{"backendId": none})
		require.ErrorContains(t, err, "backendId", "%v", none)
	}
	for weight, want := range map[any]int{50: 50, "50": 50, 50.0: 50, "50.0": 50, nil: 0, "": 0} {
		got, err := readings()["DescribeBackends"].of(t, replaced(parsed(t, readings()["DescribeBackends"].response),
			"weight", func(any) any { return weight }))
		require.NoError(t, err)
		require.Equal(t, want, got.([]zenlayer.Backend)[0].Weight, "%v", weight)
	}
	for _, weight := range []any{50.5, "half", true, "9007199254740993.0", "NaN"} {
		_, err := readings()["DescribeBackends"].of(t, replaced(parsed(t, readings()["DescribeBackends"].response),
			"weight", func(any) any { return weight }))
		require.ErrorContains(t, err, "dataSet[0].weight", "%v", weight)
	}
}

func TestANumericErrorCodeKeepsZenlayersMessage(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][3]string{
		`{"requestId":"T1","code":40013,"message":"no such instance"}`: {"40013", "no such instance", "T1"},
		`{"requestId":77,"code":"X","message":5}`:                      {"X", "5", "77"},
		`{"requestId":{},"code":"X","message":["no"]}`:                 {"X", "", ""},
	} {
		c := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, body)
		}, nil)
		_, err := c.RegisterBackend(t.Context(), request())
		var api *zenlayer.APIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, want, [3]string{api.Code, api.Message, api.RequestID})
	}
}

func TestInstanceHasEveryIPv6AddressOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{"instanceId":"i"}`:                      nil,
		`{"instanceId":"i","ipv6Addresses":null}`: nil,
		`{"instanceId":"i","ipv6Addresses":["2001:db8::1"],"primaryPublicIPv6Address":"2001:db8::1"}`: {"2001:db8::1"},
		`{"instanceId":"i","ipv6Addresses":["2001:db8::1"],"primaryPublicIPv6Address":"2001:db8::2"}`: {"2001:db8::1",
			"2001:db8::2"},
		`{"instanceId":"i","primaryPublicIPv6Address":"2001:db8::2"}`: {"2001:db8::2"},
	} {
		var i zenlayer.Instance
		require.NoError(t, json.Unmarshal([]byte(text), &i), text)
		require.Equal(t, want, i.IPv6s, text)
	}
}
