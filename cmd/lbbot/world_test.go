package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestSandboxAccountHoldsTogether(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	seed := world(now)
	names, ids := map[string]bool{}, map[string]bool{}
	once := func(seen map[string]bool, key string) {
		require.False(t, seen[key], "%s twice", key)
		seen[key] = true
	}
	for _, lb := range seed.LoadBalancers {
		once(ids, lb.ID)
		once(names, lb.Name)
	}
	for _, l := range seed.Listeners {
		require.True(t, ids[l.LoadBalancerID], l.Name)
		once(ids, l.ListenerID)
		once(names, l.LoadBalancerID+"/"+l.Name)
		once(names, l.LoadBalancerID+":"+l.Port)
	}
	kinds := map[string]int{}
	expiring := 0
	for _, i := range seed.Instances {
		once(ids, i.ID)
		once(names, i.Name)
		once(names, i.PrivateIPs[0])
		kinds[string(i.Type)+" "+i.ZoneID+" "+i.Status]++
		at, err := time.Parse(time.RFC3339, i.ExpiredTime)
		if err == nil && at.After(now) && at.Before(now.AddDate(0, 0, 8)) {
			expiring++
		}
	}
	for _, b := range seed.Backends {
		once(ids, b.BackendID)
		require.True(t, ids[b.ListenerID] && ids[b.InstanceID], b.Name)
	}
	require.Equal(t, 1, expiring)
	for _, kind := range []zenlayer.InstanceType{zenlayer.InstanceBM, zenlayer.InstanceVM} {
		require.NotZero(t, kinds[string(kind)+" SIN1 RUNNING"])
		require.NotZero(t, kinds[string(kind)+" FRA1 RUNNING"])
	}
	require.Subset(t, seed.Listeners, zenlayertest.SampleData().Listeners, "the names of the guides stay")
	require.Subset(t, seed.Instances, zenlayertest.SampleData().Instances, "the names of the guides stay")
}
