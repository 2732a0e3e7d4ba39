package zenlayertest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// params reads the parameters of one request and keeps the first problem.
type params struct {
	fields  map[string]json.RawMessage
	problem *refusal
}

func parseParams(body []byte) *params {
	p := &params{}
	if err := json.Unmarshal(body, &p.fields); err != nil || p.fields == nil {
		p.problem = badParameter(codeType, "The request body is not a JSON object.")
	}
	return p
}

func (p *params) fail(code, format string, args ...any) {
	if p.problem == nil {
		p.problem = badParameter(code, fmt.Sprintf(format, args...))
	}
}

// get decodes a field; it reports false if the field is absent, null or wrong.
func (p *params) get(name string, into any) bool {
	raw, ok := p.fields[name]
	if !ok || string(raw) == "null" {
		return false
	}
	if err := json.Unmarshal(raw, into); err != nil {
		p.fail(codeType, "The type of parameter %s is wrong.", name)
		return false
	}
	return true
}

func (p *params) text(name string) string {
	var value string
	p.get(name, &value)
	return value
}

func (p *params) required(name string) string {
	value := p.text(name)
	if value == "" {
		p.fail(codeMissing, "The parameter %s is required.", name)
	}
	return value
}

func (p *params) number(name string, fallback, low, high int) int {
	value := fallback
	if p.get(name, &value) {
		p.between(name, value, low, high)
	}
	return value
}

func (p *params) between(name string, value, low, high int) {
	if value < low {
		p.fail(codeMinimum, "The parameter %s is less than %d.", name, low)
	}
	if value > high {
		p.fail(codeMaximum, "The parameter %s exceeds %d.", name, high)
	}
}

// texts reads a list of at most 100 strings.
func (p *params) texts(name string) []string {
	var values []string
	p.get(name, &values)
	if len(values) > 100 {
		p.fail(codeLength, "The parameter %s has more than 100 elements.", name)
	}
	return values
}

// backendName reads a name of at most 64 ASCII letters, digits, "-" and ".".
func (p *params) backendName() string {
	name := p.required("backendName")
	if len([]rune(name)) > 64 {
		p.fail(codeLength, "The parameter backendName is longer than 64.")
	}
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
	if strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(allowed, r) }) {
		p.fail(codePattern, "The parameter backendName does not match the pattern.")
	}
	return name
}

func (p *params) ports() []int {
	var ports []int
	p.get("portList", &ports)
	for _, port := range ports {
		p.between("portList", port, 1, 65535)
	}
	return ports
}

// product reads InstanceProductType. Version 2022-11-20 does not know the field and
// ignores it (our choice). A missing version counts as the newer one.
func (p *params) product(version string) string {
	if version == oldVersion {
		return "BM"
	}
	value := p.text("instanceType")
	switch value {
	case "":
		return "BM"
	case "BM", "VM":
	default:
		p.fail(codeValue, "The parameter instanceType is not one of BM, VM.")
	}
	return value
}

const oldVersion = "2022-11-20"

// paged cuts one page out of items and writes only that.
func paged[T, W any](p *params, items []T, write func(T) W) map[string]any {
	number := p.number("pageNum", 1, 1, 1<<30)
	size := p.number("pageSize", 20, 1, 1000)
	if p.problem != nil {
		return nil
	}
	from := min(len(items), (number-1)*size)
	to := min(len(items), from+size)
	written := make([]W, 0, to-from)
	for _, item := range items[from:to] {
		written = append(written, write(item))
	}
	return map[string]any{"totalCount": len(items), "dataSet": written}
}
