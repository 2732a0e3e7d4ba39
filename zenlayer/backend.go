package zenlayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// InstanceType is the product of a backend's server. The API calls it
// InstanceProductType.
type InstanceType string

const (
	// InstanceBM is a bare metal instance, the API's default.
	InstanceBM InstanceType = "BM"
	// InstanceVM is an instance of the Virtual Machine product.
	InstanceVM InstanceType = "VM"
)

// RegisterBackendRequest asks to add one instance to one listener.
// https://docs.console.zenlayer.com/api-reference/compute/bmc/load-balancing/registerbackend
type RegisterBackendRequest struct {
	// ListenerID is required.
	ListenerID string `json:"listenerId"`
	// BackendName is required: at most 64 of A-Z, a-z, 0-9, "-" and ".".
	BackendName string `json:"backendName"`
	// InstanceID is required: a bare metal id, or a VM id if InstanceType is VM.
	InstanceID string `json:"instanceId"`
	// InstanceType is BM or VM; empty means BM. Only VM is sent.
	InstanceType InstanceType `json:"instanceType,omitempty"`
	// ClientToken is required. It makes retries of the same request idempotent.
	ClientToken string `json:"clientToken"`
	// PortList holds backend ports 1 to 65535; empty lets the listener decide.
	PortList []int `json:"portList,omitempty"`
	// Weight is 1 to 100; 0 means not sent.
	Weight int `json:"weight,omitempty"`
}

// MarshalJSON leaves instanceType out unless it is VM, because older versions of
// the API do not know the field.
func (r RegisterBackendRequest) MarshalJSON() ([]byte, error) { return json.Marshal(r.wire()) }

// wireRequest has no methods, so encoding it takes one pass.
type wireRequest RegisterBackendRequest

func (r RegisterBackendRequest) wire() *wireRequest {
	if r.InstanceType != InstanceVM {
		r.InstanceType = ""
	}
	w := wireRequest(r)
	return &w
}

// RegisteredBackend is the answer to a RegisterBackend call that succeeded.
// BackendID is never empty.
type RegisteredBackend struct {
	RequestID string
	BackendID string
}

// Backend is one server in a listener's pool, as the API lists it.
type Backend struct {
	ListenerID string `json:"listenerId"`
	BackendID  string `json:"backendId"`
	Name       string `json:"backendName"`
	// Status has no published list of values; examples show "Available".
	Status string `json:"status"`
	// Port is text: "80" in the examples, probably comma-separated for several.
	Port string `json:"port"`
	// Weight is 0 if the list does not show it.
	Weight int `json:"weight"`

	InstanceID   string       `json:"instanceId"`
	InstanceName string       `json:"instanceName"`
	InstanceType InstanceType `json:"instanceType"`
	// CreateTime is text: ISO 8601 by the documentation, space-separated in its examples.
	CreateTime string `json:"createTime"`
}

// UnmarshalJSON reads the API's BackendInfo.
func (b *Backend) UnmarshalJSON(data []byte) error {
	var f fields
	if err := f.UnmarshalJSON(data); err != nil {
		return err
	}
	*b = Backend{
		ListenerID: f.label("listenerId"), BackendID: f.id("backendId"), Name: f.label("backendName"),
		Status: f.label("status"),
		Port:   f.ports("port"), Weight: f.number("weight"),
		InstanceID: f.text("instanceId"), InstanceName: f.label("instanceName"),
		InstanceType: InstanceType(f.label("instanceType")),
		CreateTime:   f.label("createTime"),
	}
	return f.err
}

// BackendFilter limits DescribeBackends. The zero value matches everything.
type BackendFilter struct {
	BackendIDs []string
	// BackendName is matched by the server. Whether it matches exactly is not
	// documented.
	BackendName string
	// InstanceType limits the list to one product; empty lists both.
	InstanceType InstanceType
}

// RegisterBackend adds a backend with exactly one HTTP attempt. It blocks for the
// rate limiter until ctx ends, and then for at most Config.Timeout. [OutcomeOf]
// says whether to retry with the same ClientToken.
func (c *Client) RegisterBackend(ctx context.Context, r RegisterBackendRequest) (RegisteredBackend, error) {
	const action = "RegisterBackend"
	if err := r.Validate(); err != nil {
		return RegisteredBackend{}, &InvalidError{Action: action, Err: err}
	}
	var response fields
	got, err := c.once(ctx, bmc, action, r.wire(), &response)
	if err != nil {
		return RegisteredBackend{}, err
	}
	id := response.id("backendId")
	if response.err != nil {
		return RegisteredBackend{}, got.fault("the response in the answer cannot be read: " + response.err.Error())
	}
	return RegisteredBackend{RequestID: got.requestID, BackendID: id}, nil
}

// DeregisterBackend removes a backend with exactly one HTTP attempt and returns the
// request id. The action has no client token. What the API answers for a backend
// that was removed before is not documented.
// https://docs.console.zenlayer.com/api-reference/compute/bmc/load-balancing/deregisterbackend
func (c *Client) DeregisterBackend(ctx context.Context, backendID string) (string, error) {
	const action = "DeregisterBackend"
	if backendID == "" {
		return "", &InvalidError{Action: action, Err: errors.New("backendId: is empty")}
	}
	body := struct {
		BackendID string `json:"backendId"`
	}{backendID}
	got, err := c.once(ctx, bmc, action, body, &json.RawMessage{})
	if err != nil {
		return "", err
	}
	return got.requestID, nil
}

// DescribeBackends lists all backends of a listener, all pages. Without a type in
// the filter it makes one list for BM and one for VM, because the API returns only
// BM by default. It never returns an incomplete list.
// https://docs.console.zenlayer.com/api-reference/compute/bmc/load-balancing/describebackends
func (c *Client) DescribeBackends(ctx context.Context, listenerID string, f BackendFilter) ([]Backend, error) {
	const action = "DescribeBackends"
	if listenerID == "" {
		return nil, &InvalidError{Action: action, Err: errors.New("listenerId: is empty")}
	}
	kinds := []InstanceType{InstanceBM, InstanceVM}
	if f.InstanceType != "" {
		kinds = []InstanceType{f.InstanceType}
	}
	all, seen := []Backend{}, map[string]bool{}
	for _, kind := range kinds {
		got, err := readAll(ctx, c, source[Backend]{service: bmc, action: action,
			id: func(b Backend) string { return b.BackendID },
			query: func(p page) any {
				return backendQuery{listenerID, f.BackendIDs, f.BackendName, kind, p}
			}})
		if err != nil {
			return nil, fmt.Errorf("listing %s backends of %s: %w", kind, listenerID, err)
		}
		for _, b := range got {
			if seen[b.BackendID] {
				continue
			}
			seen[b.BackendID] = true
			if b.InstanceType == "" {
				b.InstanceType = kind
			}
			all = append(all, b)
		}
	}
	return all, nil
}

type backendQuery struct {
	ListenerID   string       `json:"listenerId"`
	BackendIDs   []string     `json:"backendIds,omitempty"`
	BackendName  string       `json:"backendName,omitempty"`
	InstanceType InstanceType `json:"instanceType,omitempty"`
	page
}
