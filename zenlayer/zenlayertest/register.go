package zenlayertest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"lbbot/zenlayer"
)

// registration is a RegisterBackend request that passed the parameter checks.
type registration struct {
	ListenerID, Name, InstanceID, Token, Product string
	Ports                                        []int
	Weight                                       int
}

func (p *params) registration(version string) registration {
	r := registration{
		ListenerID: p.required("listenerId"),
		Name:       p.backendName(),
		InstanceID: p.required("instanceId"),
		Token:      p.required("clientToken"),
		Product:    p.product(version),
		Ports:      p.ports(),
		Weight:     p.number("weight", 0, 1, 100),
	}
	return r
}

// registerBackend adds a backend, once per client token. The caller holds the lock.
func (s *Server) registerBackend(x execution) (map[string]any, *refusal) {
	r := x.params.registration(x.version)
	if x.params.problem != nil {
		return nil, x.params.problem
	}
	a := &s.account
	text, _ := json.Marshal(r) // strings and numbers only: cannot fail
	if known, ok := a.tokens[r.Token]; ok && x.now.Before(known.until) {
		if known.request == string(text) || s.opts.Rules.ChangedRequestReturnsFirst {
			return map[string]any{"backendId": known.backendID}, nil
		}
		return nil, &refusal{http.StatusConflict, codeTokenReused, "The client token was used with other parameters."}
	}
	l, ok := a.listener(r.ListenerID)
	if !ok {
		return nil, s.noListener()
	}
	instance, problem := a.usable(r)
	if problem != nil {
		return nil, problem
	}
	if !s.opts.Rules.AllowSecondBackend && a.on(r.ListenerID, r.InstanceID, r.Product) {
		return nil, &refusal{http.StatusConflict, codeBackendExists,
			"The instance is already a backend of the listener."}
	}
	b := s.newBackend(x, r, l, *instance)
	a.add(b)
	lifetime := cmp.Or(s.opts.Rules.TokenLifetime, 24*time.Hour)
	a.tokens[r.Token] = remembered{string(text), b.BackendID, x.now.Add(lifetime)}
	a.effects[r.Token]++
	return map[string]any{"backendId": b.BackendID}, nil
}

func (a *account) usable(r registration) (*zenlayer.Instance, *refusal) {
	instance, ok := a.instance(r.InstanceID, r.Product)
	if !ok {
		return nil, &refusal{http.StatusNotFound, codeInstanceNotFound, fmt.Sprintf("The instance %s does not exist.",
			r.InstanceID)}
	}
	switch instance.Status {
	case "RECYCLE", "RECYCLING":
		return nil, &refusal{http.StatusForbidden, codeInstanceRecycled, "The instance is in the recycle bin."}
	}
	return instance, nil
}

func (s *Server) newBackend(x execution, r registration, l zenlayer.Listener, i zenlayer.Instance) *backend {
	rules := s.opts.Rules
	return &backend{
		Backend: zenlayer.Backend{
			ListenerID: r.ListenerID, BackendID: s.account.newBackendID(), Name: r.Name,
			Status: cmp.Or(rules.FirstStatus, "Available"), Port: portText(r.Ports, l),
			Weight:     cmp.Or(r.Weight, rules.DefaultWeight, 100),
			InstanceID: i.ID, InstanceName: i.Name, InstanceType: zenlayer.InstanceType(r.Product),
			CreateTime: timeText(x.now, rules.SpaceSeparatedTimes),
		},
		visibleAt:   x.now.Add(max(rules.VisibleAfter, x.hideFor)),
		hiddenReads: x.hideReads,
	}
}

func (s *Server) deregisterBackend(x execution) (map[string]any, *refusal) {
	id := x.params.required("backendId")
	if x.params.problem != nil {
		return nil, x.params.problem
	}
	if !s.account.remove(id) {
		return nil, &refusal{http.StatusNotFound, codeResourceNotFound, fmt.Sprintf("The backend %s does not exist.",
			id)}
	}
	return map[string]any{}, nil
}

func (s *Server) noListener() *refusal {
	return &refusal{http.StatusNotFound, cmp.Or(s.opts.Rules.ListenerNotFoundCode, codeListenerNotFound),
		"The listener does not exist."}
}
