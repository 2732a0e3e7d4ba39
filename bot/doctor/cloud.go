package doctor

import (
	"context"
	"errors"
	"time"

	"lbbot/zenlayer"
)

const (
	checkZenlayer  = "Zenlayer"
	checkClock     = "clock"
	checkKey       = "Zenlayer credentials"
	checkListeners = "load balancers"
)

// The limits of a clock that is wrong. Zenlayer refuses calls from five minutes on.
const (
	skewWarns   = 30 * time.Second
	skewRefused = 5 * time.Minute
)

// zenlayerAnswers makes the first call. Its result is the subject of the checks that follow.
func (x *exam) zenlayerAnswers(ctx context.Context) finding {
	x.balancers, x.cloudErr = x.cloud.DescribeLoadBalancers(ctx, zenlayer.LoadBalancerFilter{Loose: true})
	address := x.Zenlayer.Endpoint
	api, answered := errors.AsType[*zenlayer.APIError](x.cloudErr)
	switch {
	case x.cloudErr == nil, errors.Is(x.cloudErr, zenlayer.ErrMoved):
		x.cloudErr = nil
	case zenlayer.IsBlocked(x.cloudErr):
		return fails("have the address of this machine allowed at Zenlayer, or use another proxy",
			"a network rule in front of the API stops lbbot: %v", x.cloudErr)
	case answered && api.Code == "":
		return fails("check ZENLAYER_ENDPOINT, and the proxy in between: this is no answer of Zenlayer's API", "%v",
			x.cloudErr)
	case !answered:
		return unreachable("Zenlayer", "ZENLAYER_ENDPOINT", address, x.cloudErr)
	}
	return passed("%s answers", address)
}

// clockIsRight compares the clock with those of Slack and Zenlayer.
func (x *exam) clockIsRight(context.Context) finding {
	if len(x.clocks) == 0 {
		return skipped("no server said what time it is")
	}
	worst := x.clocks[0]
	for _, c := range x.clocks {
		if c.ahead.Abs() > worst.ahead.Abs() {
			worst = c
		}
	}
	way := "ahead of"
	if worst.ahead < 0 {
		way = "behind"
	}
	off := worst.ahead.Abs().Truncate(time.Second)
	const next = "let this machine take the time from the network, for example: timedatectl set-ntp true"
	switch {
	case off >= skewRefused || zenlayer.IsClockSkew(x.cloudErr):
		return fails(next, "the clock of this machine is %s %s that of %s; Zenlayer refuses calls from 5m on", off, way,
			worst.server)
	case off >= skewWarns:
		return warns(next, "the clock of this machine is %s %s that of %s; Zenlayer refuses calls from 5m on", off, way,
			worst.server)
	}
	return passed("at most %s from the servers", max(off, time.Second))
}

// credentials tells a refused key from a missing right.
func (x *exam) credentials(context.Context) finding {
	api, _ := errors.AsType[*zenlayer.APIError](x.cloudErr)
	if !zenlayer.IsCredentials(x.cloudErr) || noRight(x.cloudErr) {
		return passed("Zenlayer accepts them")
	}
	what := "ZENLAYER_TOKEN"
	if x.Zenlayer.Token.IsZero() {
		what = "ZENLAYER_ACCESS_KEY_ID or ZENLAYER_ACCESS_KEY_SECRET"
		switch api.Code {
		case "AUTHFAILURE_SIGNATURE_FAILURE":
			what = "ZENLAYER_ACCESS_KEY_SECRET"
		case "AUTHFAILURE_INVALID_AUTHORIZATION":
			what = "ZENLAYER_ACCESS_KEY_ID"
		}
	}
	return fails("copy the key again, or make one: https://console.zenlayer.com/accessKey",
		"Zenlayer refuses %s: %v", what, x.cloudErr)
}

// noRight reports whether the key is accepted and lacks a right.
func noRight(err error) bool {
	api, ok := errors.AsType[*zenlayer.APIError](err)
	return ok && (api.Code == "AUTHFAILURE_UNAUTHORIZED_OPERATION" || api.Status == 403 && api.Code != "")
}

const grant = "give the console member who owns the key the right to read "

// reading is the finding of a list that was read.
func reading(err error, n int, noun, right string) finding {
	switch {
	case err == nil, errors.Is(err, zenlayer.ErrMoved):
		return passed("%s", count(n, noun))
	case noRight(err):
		return fails(grant+right, "the key may not read them: %v", err)
	}
	return fails("run doctor again; if it lasts, ask Zenlayer with the request id", "%v", err)
}

func (x *exam) listeners(ctx context.Context) finding {
	if x.cloudErr != nil || len(x.balancers) == 0 {
		found := reading(x.cloudErr, 0, "load balancer", "load balancers (bmc)")
		if found.verdict == OK {
			return warns("check that the key belongs to the right account", "the account has no load balancer")
		}
		return found
	}
	list, err := x.cloud.DescribeListeners(ctx, zenlayer.ListenerFilter{LoadBalancerIDs: []string{x.balancers[0].ID}})
	if err != nil {
		return reading(err, 0, "listener", "listeners (bmc)")
	}
	n := 0
	for _, b := range x.balancers {
		n += len(b.Listeners)
	}
	if len(list) > 0 {
		_, err = x.cloud.DescribeBackends(ctx, list[0].ListenerID, zenlayer.BackendFilter{})
	}
	if err != nil {
		return reading(err, 0, "backend", "backends (bmc)")
	}
	return passed("%s with %s", count(len(x.balancers), "load balancer"), count(n, "listener"))
}

func (x *exam) bareMetal(ctx context.Context) finding {
	list, err := x.cloud.DescribeInstances(ctx, zenlayer.InstanceBM, zenlayer.InstanceFilter{Loose: true})
	return reading(err, len(list), "bare metal server", "instances of bmc")
}

func (x *exam) virtual(ctx context.Context) finding {
	list, err := x.cloud.DescribeInstances(ctx, zenlayer.InstanceVM, zenlayer.InstanceFilter{Loose: true})
	return reading(err, len(list), "VM", "instances of vm; without it, only bare metal servers can be added")
}
