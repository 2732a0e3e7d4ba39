package zenlayer_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*zenlayer.RegisterBackendRequest)
		says   []string // empty: valid
	}{
		"only what is required": {func(*zenlayer.RegisterBackendRequest) {}, nil},
		"everything": {func(r *zenlayer.RegisterBackendRequest) {
			r.InstanceType, r.PortList, r.Weight = "VM", []int{1, 65535}, 100
		}, nil},
		"bare metal named": {func(r *zenlayer.RegisterBackendRequest) { r.InstanceType = "BM" }, nil},
		"lowest weight":    {func(r *zenlayer.RegisterBackendRequest) { r.Weight = 1 }, nil},
		"a name of 64": {func(r *zenlayer.RegisterBackendRequest) {
			r.BackendName = strings.Repeat("a", 64)
		}, nil},
		"all name characters": {func(r *zenlayer.RegisterBackendRequest) { r.BackendName = "aZ09-." }, nil},
		"nothing at all": {func(r *zenlayer.RegisterBackendRequest) { *r = zenlayer.RegisterBackendRequest{} },
			[]string{"listenerId", "backendName", "instanceId", "clientToken"}},
		"a name of 65": {func(r *zenlayer.RegisterBackendRequest) {
			r.BackendName = strings.Repeat("a", 65)
		}, []string{"65 characters"}},
		"a name with a space": {func(r *zenlayer.RegisterBackendRequest) { r.BackendName = "web 07" },
			[]string{"backendName: ' '"}},
		"a name with other words": {func(r *zenlayer.RegisterBackendRequest) { r.BackendName = "wéb" },
			[]string{"backendName: 'é'"}},
		"another type": {func(r *zenlayer.RegisterBackendRequest) { r.InstanceType = "vm" },
			[]string{`"vm"`}},
		"port 0": {func(r *zenlayer.RegisterBackendRequest) { r.PortList = []int{80, 0} },
			[]string{"portList: 0"}},
		"a port too high": {func(r *zenlayer.RegisterBackendRequest) { r.PortList = []int{65536} },
			[]string{"portList: 65536"}},
		"a weight too high": {func(r *zenlayer.RegisterBackendRequest) { r.Weight = 101 },
			[]string{"weight: 101"}},
		"a weight below zero": {func(r *zenlayer.RegisterBackendRequest) { r.Weight = -1 }, []string{"weight: -1"}},
		"several problems": {func(r *zenlayer.RegisterBackendRequest) {
			r.Weight, r.PortList = 101,
				[]int{-1, 70000}
		}, []string{"weight: 101", "portList: -1", "portList: 70000"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := request()
			tc.change(&r)
			err := r.Validate()
			if len(tc.says) == 0 {
				require.NoError(t, err)
				return
			}
			for _, says := range tc.says {
				require.ErrorContains(t, err, says)
			}
		})
	}
}

func TestAnInvalidRequestIsNotSent(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1", nil)
	r := request()
	r.Weight = 101
	_, err := c.RegisterBackend(t.Context(), r)
	var invalid *zenlayer.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, zenlayer.OutcomeRefused, zenlayer.OutcomeOf(err))
	_, err = c.DeregisterBackend(t.Context(), "")
	require.ErrorAs(t, err, &invalid)
	_, err = c.DescribeBackends(t.Context(), "", zenlayer.BackendFilter{})
	require.ErrorAs(t, err, &invalid)
	_, err = c.DescribeInstances(t.Context(), "", zenlayer.InstanceFilter{})
	require.ErrorAs(t, err, &invalid)
	_, err = c.DescribeInstances(t.Context(), zenlayer.InstanceVM, zenlayer.InstanceFilter{Hostname: "x"})
	require.ErrorAs(t, err, &invalid)
}
