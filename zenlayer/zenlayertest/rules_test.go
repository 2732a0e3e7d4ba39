package zenlayertest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer/zenlayertest"
)

// clock is a clock that moves by hand.
type clock struct{ seconds atomic.Int64 }

func (c *clock) Now() time.Time       { return time.Unix(1_790_000_000+c.seconds.Load(), 0) }
func (c *clock) pass(d time.Duration) { c.seconds.Add(int64(d / time.Second)) }
func newServer(rules zenlayertest.Rules) (*zenlayertest.Server, *clock) {
	c := &clock{}
	return zenlayertest.New(zenlayertest.Options{Seed: zenlayertest.SampleData(), Rules: rules, Now: c.Now}), c
}

type fields map[string]any

func with(base fields, changes fields) fields {
	out := fields{}
	for _, m := range []fields{base, changes} {
		for k, v := range m {
			if out[k] = v; v == nil {
				delete(out, k)
			}
		}
	}
	return out
}

func registration() fields {
	return fields{"listenerId": "lst-8f2c", "backendName": "web-07", "instanceId": "i-55a1", "clientToken": "t1"}
}

// call asks by bearer token; body is fields, or text to be sent as it is.
func call(t testing.TB, s *zenlayertest.Server, action string, body any) answer {
	return callAs(t, s, "bmc", "2026-02-01", action, body)
}

func callAs(t testing.TB, s *zenlayertest.Server, service, version, action string, body any) answer {
	t.Helper()
	text, ok := body.(string)
	if !ok {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		text = string(encoded)
	}
	r := httptest.NewRequest(http.MethodPost, "/api/v2/"+service, strings.NewReader(text))
	r.Header.Set("Authorization", "Bearer "+zenlayertest.SampleToken)
	r.Header.Set("X-ZC-Action", action)
	if version != "" {
		r.Header.Set("X-ZC-Version", version)
	}
	return ask(s, r)
}

func TestParametersOfRegisterBackend(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body   any
		status int
		code   string
	}{
		"not JSON":       {"{", 400, "INVALID_PARAMETER_TYPE"},
		"nothing":        {"", 400, "INVALID_PARAMETER_TYPE"},
		"null":           {"null", 400, "INVALID_PARAMETER_TYPE"},
		"an array":       {"[]", 400, "INVALID_PARAMETER_TYPE"},
		"no listener":    {with(registration(), fields{"listenerId": nil}), 400, "MISSING_PARAMETER"},
		"no name":        {with(registration(), fields{"backendName": nil}), 400, "MISSING_PARAMETER"},
		"no instance":    {with(registration(), fields{"instanceId": nil}), 400, "MISSING_PARAMETER"},
		"no token":       {with(registration(), fields{"clientToken": nil}), 400, "MISSING_PARAMETER"},
		"an empty token": {with(registration(), fields{"clientToken": ""}), 400, "MISSING_PARAMETER"},
		"a name of 65": {with(registration(), fields{"backendName": strings.Repeat("a", 65)}), 400,
			"INVALID_PARAMETER_EXCEED_LENGTH"},
		"a name with a space": {with(registration(), fields{"backendName": "web 07"}), 400,
			"INVALID_PARAMETER_PATTERN_ERROR"},
		"a name with an umlaut": {with(registration(), fields{"backendName": "wäb"}), 400,
			"INVALID_PARAMETER_PATTERN_ERROR"},
		"weight 0": {with(registration(), fields{"weight": 0}), 400, "INVALID_PARAMETER_LESS_MINIMUM"},
		"weight 101": {with(registration(), fields{"weight": 101}), 400,
			"INVALID_PARAMETER_EXCEED_MAXIMUM"},
		"weight as text":       {with(registration(), fields{"weight": "50"}), 400, "INVALID_PARAMETER_TYPE"},
		"weight as a fraction": {with(registration(), fields{"weight": 1.5}), 400, "INVALID_PARAMETER_TYPE"},
		"port 0": {with(registration(), fields{"portList": []int{0}}), 400,
			"INVALID_PARAMETER_LESS_MINIMUM"},
		"port 65536": {with(registration(), fields{"portList": []int{80, 65536}}), 400,
			"INVALID_PARAMETER_EXCEED_MAXIMUM"},
		"ports as text": {with(registration(), fields{"portList": "80"}), 400, "INVALID_PARAMETER_TYPE"},
		"a type in lower case": {with(registration(), fields{"instanceType": "vm"}), 400,
			"INVALID_PARAMETER_VALUE"},
		"an unknown listener": {with(registration(), fields{"listenerId": "lst-0"}), 404,
			"INVALID_LB_LISTENER_NOT_FOUND"},
		"an unknown instance": {with(registration(), fields{"instanceId": "i-0"}), 404,
			"INVALID_INSTANCE_NOT_FOUND"},
		"a VM taken for metal": {with(registration(), fields{"instanceId": "vm-a002"}), 404,
			"INVALID_INSTANCE_NOT_FOUND"},
		"metal taken for a VM": {with(registration(), fields{"instanceType": "VM"}), 404,
			"INVALID_INSTANCE_NOT_FOUND"},
		"an instance thrown away": {with(registration(), fields{"instanceId": "i-55a9"}), 403,
			"OPERATION_DENIED_INSTANCE_RECYCLED"},
		"an instance already here": {with(registration(), fields{"instanceId": "i-5594"}), 409,
			"INVALID_BACKEND_INSTANCE_LISTENER_EXIST"},
		"null for what is left out": {`{"listenerId":"lst-8f2c","backendName":"web-07","instanceId":"i-55a1",
			"clientToken":"t1","weight":null,"portList":null,"instanceType":null}`, 200, ""},
		"a stopped instance": {with(registration(), fields{"instanceId": "i-55a8"}), 200, ""},
		"a VM":               {with(registration(), fields{"instanceId": "vm-a002", "instanceType": "VM"}), 200, ""},
		"everything": {with(registration(), fields{"instanceType": "BM", "portList": []int{1, 65535},
			"weight": 100}), 200, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newServer(zenlayertest.Rules{})
			got := call(t, s, "RegisterBackend", tc.body)
			require.Equal(t, tc.status, got.Status)
			require.Equal(t, tc.code, got.Code)
			effects := 0
			if tc.status == http.StatusOK {
				effects = 1
				require.Equal(t, got.RequestID, got.Response["requestId"])
				require.NotEmpty(t, got.Response["backendId"])
			}
			require.Len(t, s.Backends(), len(zenlayertest.SampleData().Backends)+effects)
			require.Equal(t, effects, s.EffectsByToken()["t1"])
		})
	}
}

func TestOtherRefusals(t *testing.T) {
	t.Parallel()
	many := make([]string, 101)
	cases := map[string]struct {
		service, action string
		body            any
		status          int
		code            string
	}{
		"an unknown action": {"bmc", "LaunchMissiles", fields{}, 401,
			"AUTHFAILURE_UNAUTHORIZED_OPERATION"},
		"no action": {"bmc", "", fields{}, 401, "AUTHFAILURE_UNAUTHORIZED_OPERATION"},
		"a bmc action at the vm service": {"vm", "RegisterBackend", registration(), 401,
			"AUTHFAILURE_UNAUTHORIZED_OPERATION"},
		"removing without id": {"bmc", "DeregisterBackend", fields{}, 400, "MISSING_PARAMETER"},
		"removing what is not there": {"bmc", "DeregisterBackend", fields{"backendId": "be-0"}, 404,
			"OPERATION_FAILED_RESOURCE_NOT_FOUND"},
		"backends of no listener": {"bmc", "DescribeBackends", fields{}, 400, "MISSING_PARAMETER"},
		"backends of an unknown listener": {"bmc", "DescribeBackends", fields{"listenerId": "lst-0"}, 404,
			"INVALID_LB_LISTENER_NOT_FOUND"},
		"backends of another type": {"bmc", "DescribeBackends", fields{"listenerId": "lst-8f2c",
			"instanceType": "X"}, 400, "INVALID_PARAMETER_VALUE"},
		"page 0": {"bmc", "DescribeListeners", fields{"pageNum": 0}, 400,
			"INVALID_PARAMETER_LESS_MINIMUM"},
		"pages of 1001": {"bmc", "DescribeLoadBalancers", fields{"pageSize": 1001}, 400,
			"INVALID_PARAMETER_EXCEED_MAXIMUM"},
		"101 ids": {"bmc", "DescribeListeners", fields{"listenerIds": many}, 400,
			"INVALID_PARAMETER_EXCEED_LENGTH"},
		"101 ids of instances": {"vm", "DescribeInstances", fields{"instanceIds": many}, 400,
			"INVALID_PARAMETER_EXCEED_LENGTH"},
		"ids that are no list": {"bmc", "DescribeLoadBalancers", fields{"loadBalancerIds": "lb"}, 400,
			"INVALID_PARAMETER_TYPE"},
		"a body of a known action is no JSON":  {"vm", "DescribeInstances", "x", 400, "INVALID_PARAMETER_TYPE"},
		"an unknown action with a broken body": {"bmc", "Nothing", "x", 401, "AUTHFAILURE_UNAUTHORIZED_OPERATION"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newServer(zenlayertest.Rules{})
			got := callAs(t, s, tc.service, "", tc.action, tc.body)
			require.Equal(t, tc.status, got.Status)
			require.Equal(t, tc.code, got.Code)
		})
	}
}

func TestOnlyPostToTheTwoServices(t *testing.T) {
	t.Parallel()
	s, _ := newServer(zenlayertest.Rules{})
	require.Equal(t, http.StatusMethodNotAllowed,
		ask(s, httptest.NewRequest(http.MethodGet, "/api/v2/bmc", nil)).Status)
	require.Equal(t, http.StatusNotFound, ask(s, httptest.NewRequest(http.MethodPost, "/api/v2/zlb", nil)).Status)
	require.Empty(t, s.Calls())
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	s, clock := newServer(zenlayertest.Rules{RateLimit: zenlayertest.RateLimit{Calls: 2, Per: time.Minute,
		RetryAfter: "30"}})
	for range 2 {
		require.Equal(t, 200, call(t, s, "DescribeListeners", fields{}).Status)
	}
	got := call(t, s, "RegisterBackend", registration())
	require.Equal(t, 429, got.Status)
	require.Equal(t, "REQUEST_LIMIT_EXCEEDED", got.Code)
	require.Equal(t, "30", got.Header.Get("Retry-After"))
	require.Empty(t, s.EffectsByToken())
	clock.pass(time.Minute)
	require.Equal(t, 200, call(t, s, "RegisterBackend", registration()).Status)

	plain, _ := newServer(zenlayertest.Rules{RateLimit: zenlayertest.RateLimit{Calls: 1, Plain: true}})
	call(t, plain, "DescribeListeners", fields{})
	got = call(t, plain, "DescribeListeners", fields{})
	require.Equal(t, 429, got.Status)
	require.Empty(t, got.Code)
	require.Equal(t, "text/html", got.Header.Get("Content-Type"))
}

func TestFiltersOfInstances(t *testing.T) {
	t.Parallel()
	s, _ := newServer(zenlayertest.Rules{})
	for name, tc := range map[string]struct {
		service string
		filter  fields
		want    int
	}{
		"all bare metal":        {"bmc", nil, 9},
		"all VMs":               {"vm", nil, 3},
		"exact name":            {"bmc", fields{"instanceName": "web-07"}, 1},
		"part of a name":        {"bmc", fields{"instanceName": "web"}, 0},
		"name with a star":      {"bmc", fields{"instanceName": "web-*"}, 7},
		"host name":             {"bmc", fields{"hostname": "db-07"}, 1},
		"no host name in vm":    {"vm", fields{"hostname": "nothing"}, 3},
		"zone":                  {"vm", fields{"zoneId": "FRA1"}, 1},
		"status":                {"bmc", fields{"instanceStatus": "RECYCLE"}, 1},
		"private address":       {"bmc", fields{"privateIpAddresses": []string{"10.0.3.17"}}, 1},
		"public address":        {"bmc", fields{"publicIpAddresses": []string{"203.0.113.17", "x"}}, 1},
		"ids":                   {"bmc", fields{"instanceIds": []string{"i-55a1", "i-7d07", "vm-a001"}}, 2},
		"one page":              {"bmc", fields{"pageNum": 2, "pageSize": 5}, 4},
		"a page behind the end": {"bmc", fields{"pageNum": 9, "pageSize": 5}, 0},
	} {
		got := callAs(t, s, tc.service, "", "DescribeInstances", with(fields{}, tc.filter))
		require.Equal(t, 200, got.Status, name)
		require.Len(t, got.Response["dataSet"], tc.want, name)
	}
}
