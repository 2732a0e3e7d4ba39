package zenlayer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkPartPool decodes the answer to DescribeBackends with 20 backends.
func BenchmarkPartPool(b *testing.B) {
	type list struct {
		Total int       `json:"totalCount"`
		Items []Backend `json:"dataSet"`
	}
	full := list{Total: 20}
	for n := range full.Total {
		full.Items = append(full.Items, Backend{ListenerID: "lst-8f2c", BackendID: fmt.Sprintf("be-%d", n),
			Name: fmt.Sprintf("web-%d", n), Status: "Available", Port: "8080,8081", Weight: 50,
			InstanceID: fmt.Sprintf("i-%d", n), InstanceName: fmt.Sprintf("web-%d", n), InstanceType: InstanceBM,
			CreateTime: "2026-11-23T19:14:22Z"})
	}
	raw, err := json.Marshal(map[string]any{"requestId": "T7E2-01", "response": full})
	require.NoError(b, err)
	c, err := New(Config{AccessKeyID: "id", AccessKeySecret: NewSecret("secret")})
	require.NoError(b, err)
	resp := &http.Response{StatusCode: http.StatusOK}
	b.ReportAllocs()
	for b.Loop() {
		var got listing[Backend]
		a := c.newAnswer("DescribeBackends", signed{}, resp, raw)
		require.NoError(b, a.decode(&got))
		require.Len(b, got.items, full.Total)
	}
}
