package zenlayertest

import (
	"cmp"
	"slices"

	"lbbot/zenlayer"
)

// The methods of this file change the account without an API call, like a colleague
// at the console.

// AddBackend adds a backend and returns it. It fills in a missing id, status, weight,
// server name and product. It checks nothing and replaces a backend with the same id.
func (s *Server) AddBackend(b zenlayer.Backend) zenlayer.Backend {
	s.mu.Lock()
	b.BackendID = cmp.Or(b.BackendID, s.account.newBackendID())
	b.Status = cmp.Or(b.Status, "Available")
	b.Weight = cmp.Or(b.Weight, s.opts.Rules.DefaultWeight, 100)
	b.CreateTime = cmp.Or(b.CreateTime, timeText(s.opts.Now(), s.opts.Rules.SpaceSeparatedTimes))
	for _, i := range s.account.instances {
		if i.ID == b.InstanceID && (b.InstanceType == "" || productOf(i.Type) == string(b.InstanceType)) {
			b.InstanceName = cmp.Or(b.InstanceName, i.Name)
			b.InstanceType = cmp.Or(b.InstanceType, i.Type)
		}
	}
	b.InstanceType = cmp.Or(b.InstanceType, zenlayer.InstanceBM)
	b.Name = cmp.Or(b.Name, b.InstanceName)
	s.account.remove(b.BackendID)
	s.account.add(&backend{Backend: b})
	s.mu.Unlock()
	s.changed()
	return b
}

// RemoveBackend removes a backend and reports whether it existed.
func (s *Server) RemoveBackend(backendID string) bool {
	return s.change(func(a *account) bool { return a.remove(backendID) })
}

// SetBackendStatus changes a backend's status and reports whether it exists.
func (s *Server) SetBackendStatus(backendID, status string) bool {
	return s.change(func(a *account) bool {
		b := a.ids[backendID]
		if b != nil {
			b.Status = status
		}
		return b != nil
	})
}

// SetBackendWeight changes a backend's weight and reports whether it exists.
func (s *Server) SetBackendWeight(backendID string, weight int) bool {
	return s.change(func(a *account) bool {
		b := a.ids[backendID]
		if b != nil {
			b.Weight = weight
		}
		return b != nil
	})
}

// AddListener adds or replaces a listener.
func (s *Server) AddListener(l zenlayer.Listener) {
	s.change(func(a *account) bool {
		a.listeners = slices.DeleteFunc(a.listeners,
			func(x zenlayer.Listener) bool { return x.ListenerID == l.ListenerID })
		a.listeners = append(a.listeners, l)
		return true
	})
}

// RemoveListener removes a listener with its backends and reports whether it existed.
func (s *Server) RemoveListener(listenerID string) bool {
	return s.change(func(a *account) bool {
		before := len(a.listeners)
		a.listeners = slices.DeleteFunc(a.listeners,
			func(x zenlayer.Listener) bool { return x.ListenerID == listenerID })
		for _, b := range slices.Clone(a.pools[listenerID]) {
			a.remove(b.BackendID)
		}
		return len(a.listeners) < before
	})
}

// AddInstance adds or replaces an instance.
func (s *Server) AddInstance(i zenlayer.Instance) {
	s.change(func(a *account) bool {
		a.instances = slices.DeleteFunc(a.instances, sameInstance(i.ID))
		a.instances = append(a.instances, i)
		return true
	})
}

// RemoveInstance removes an instance, not its backends, and reports whether it
// existed.
func (s *Server) RemoveInstance(instanceID string) bool {
	return s.change(func(a *account) bool {
		before := len(a.instances)
		a.instances = slices.DeleteFunc(a.instances, sameInstance(instanceID))
		return len(a.instances) < before
	})
}

// SetInstanceStatus changes an instance's status, for example to STOPPED or RECYCLE,
// and reports whether it exists.
func (s *Server) SetInstanceStatus(instanceID, status string) bool {
	return s.change(func(a *account) bool {
		i := slices.IndexFunc(a.instances, sameInstance(instanceID))
		if i >= 0 {
			a.instances[i].Status = status
		}
		return i >= 0
	})
}

// forgetTokens deletes all client tokens, as if their lifetime were over.
func (s *Server) forgetTokens() {
	s.change(func(a *account) bool {
		clear(a.tokens)
		return true
	})
}

// Listeners returns all listeners.
func (s *Server) Listeners() []zenlayer.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.account.listeners)
}

// Instances returns all instances of both products.
func (s *Server) Instances() []zenlayer.Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.account.instances)
}

func sameInstance(id string) func(zenlayer.Instance) bool {
	return func(i zenlayer.Instance) bool { return i.ID == id }
}

func (s *Server) change(edit func(*account) bool) bool {
	s.mu.Lock()
	done := edit(&s.account)
	s.mu.Unlock()
	if done {
		s.changed()
	}
	return done
}
