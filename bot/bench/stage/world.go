package stage

import (
	"fmt"
	"strconv"

	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// listeners is how many listeners there are. Commands go through them in turn.
const (
	listeners = 200
	balancers = 10
)

// Group is the user group that all people of the stage are in.
const Group = "S01BENCH"

func personID(n int) string   { return fmt.Sprintf("U0B%06d", n) }
func channelID(n int) string  { return fmt.Sprintf("C0B%06d", n) }
func serverID(n int) string   { return fmt.Sprintf("i-b%06d", n) }
func serverName(n int) string { return fmt.Sprintf("bench-%06d", n) }
func balancerID(n int) string { return fmt.Sprintf("lb-b%02d", n%balancers) }
func listenerID(n int) string { return fmt.Sprintf("lst-b%03d", n%listeners) }

// text is what the person of command n types after the command.
func text(n int, watch bool) string {
	line := fmt.Sprintf("%s %s ports=8443 weight=20 reason=\"bench %d\"", listenerID(n), serverID(n), n)
	if watch {
		return line
	}
	return line + " no-watch"
}

// workspace has a person and a channel for each command.
func workspace(size int) sandbox.Workspace {
	w := sandbox.SampleWorkspace()
	group := sandbox.Group{ID: Group, Handle: "bench", Name: "Bench"}
	for n := range size {
		id := personID(n)
		w.People = append(w.People, sandbox.Person{ID: id, Name: "bench" + strconv.Itoa(n), TZ: "UTC",
			RealName: "Bench " + strconv.Itoa(n), TeamID: w.TeamID})
		w.Channels = append(w.Channels, sandbox.Channel{ID: channelID(n), Name: fmt.Sprintf("bench-%d", n),
			Creator: id, Members: []string{id}, BotMember: true})
		group.Members = append(group.Members, id)
	}
	w.Groups = append(w.Groups, group)
	return w
}

// account has the listeners and a server for each command.
func account(size int) zenlayertest.Seed {
	var seed zenlayertest.Seed
	for n := range balancers {
		seed.LoadBalancers = append(seed.LoadBalancers, zenlayer.LoadBalancer{ID: balancerID(n),
			Name: fmt.Sprintf("bench-lb-%d", n), ZoneID: "SIN1", Status: "Available", ResourceGroupName: "default",
			CreateTime: "2026-03-02T08:00:00Z"})
	}
	for n := range listeners {
		port := strconv.Itoa(10_000 + n)
		seed.Listeners = append(seed.Listeners, zenlayer.Listener{ListenerID: listenerID(n),
			LoadBalancerID: balancerID(n), Name: "tcp-" + port, Port: port, Status: "Available", Protocol: "TCP",
			BackendProtocol: "TCP", Scheduler: "wrr", Kind: "FNAT", HealthCheck: new(true),
			CreateTime: "2026-03-10T09:00:00Z"})
	}
	for n := range size {
		seed.Instances = append(seed.Instances, zenlayer.Instance{ID: serverID(n), Name: serverName(n),
			ZoneID: "SIN1", Status: "RUNNING", Type: zenlayer.InstanceBM, PublicIPs: []string{},
			PrivateIPs:        []string{fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)},
			ResourceGroupName: "default", CreateTime: "2026-04-01T12:00:00Z"})
	}
	return seed
}
