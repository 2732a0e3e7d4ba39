package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// path is where the API is served.
const path = "/_control/"

// bodyMax is the longest request body, in bytes.
const bodyMax = 1 << 20

// waitMax is the longest wait for a message.
const waitMax = time.Minute

// Handler serves the API under /_control/. Whoever serves it must keep other
// sites' pages away: it acts as anybody.
func (p *Panel) Handler() http.Handler {
	mux := http.NewServeMux()
	for name, a := range p.acts() {
		mux.HandleFunc("POST "+path+name, func(w http.ResponseWriter, r *http.Request) { p.serveAct(w, r, a) })
	}
	mux.HandleFunc("GET "+path+"world", p.world)
	mux.HandleFunc("GET "+path+"messages", p.messages)
	mux.HandleFunc("GET "+path+"views", p.views)
	mux.HandleFunc("GET "+path+"log", p.log)
	mux.HandleFunc("GET "+path+"findings", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"findings": append([]string{}, p.slack.Findings()...)})
	})
	mux.HandleFunc("GET "+path+"faults", func(w http.ResponseWriter, _ *http.Request) { p.showFaults(w) })
	mux.HandleFunc("POST "+path+"faults", func(w http.ResponseWriter, r *http.Request) {
		var s Setting
		if err := decode(w, r, &s); err != nil {
			refuse(w, err)
		} else if err := p.SetFault(s); err != nil {
			refuse(w, err)
		} else {
			p.showFaults(w)
		}
	})
	mux.HandleFunc("DELETE "+path+"faults", func(w http.ResponseWriter, r *http.Request) {
		if err := p.ClearFault(r.FormValue("fault")); err != nil {
			refuse(w, err)
			return
		}
		p.showFaults(w)
	})
	mux.HandleFunc("POST "+path+"reset", func(w http.ResponseWriter, r *http.Request) {
		if err := p.reset(r.Context()); err != nil {
			answer(w, http.StatusInternalServerError, map[string]any{"error": err.Error()})
			return
		}
		answer(w, http.StatusOK, map[string]any{})
	})
	return mux
}

func (p *Panel) showFaults(w http.ResponseWriter) {
	answer(w, http.StatusOK, map[string]any{"faults": p.Faults()})
}

func (p *Panel) log(w http.ResponseWriter, r *http.Request) {
	f := Filter{Contains: r.FormValue("contains")}
	if kinds := r.FormValue("kind"); kinds != "" {
		f.Kinds = strings.Split(kinds, ",")
		for _, kind := range f.Kinds {
			if !slices.Contains(entryKinds(), kind) {
				refuse(w, fmt.Errorf("kind %q is not one of %s", kind, strings.Join(entryKinds(), ", ")))
				return
			}
		}
	}
	if since := r.FormValue("since"); since != "" {
		var err error
		if f.Since, err = time.Parse(time.RFC3339Nano, since); err != nil {
			refuse(w, fmt.Errorf("since is a time such as 2026-11-30T22:00:00Z, not %q", since))
			return
		}
	}
	answer(w, http.StatusOK, map[string]any{"log": p.Log(f)})
}

func (p *Panel) world(w http.ResponseWriter, _ *http.Request) {
	world := worldOf(p.slack.Workspace(), p.slack.Shortcuts())
	answer(w, http.StatusOK, map[string]any{"world": world, "connections": len(p.slack.Connections())})
}

// decode reads a JSON object and refuses fields that v does not have.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMax))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("the body is not the JSON object that %s takes: %w", r.URL.Path, err)
	}
	return nil
}

// refuse answers a request that asks for something that is not there.
func refuse(w http.ResponseWriter, err error) {
	answer(w, http.StatusBadRequest, map[string]any{"error": err.Error()})
}

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, fmt.Sprintf("encoding the answer: %v", err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // fails only if the caller has left
}
