package zenlayer

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type vector struct {
	Name              string `json:"name"`
	AccessKeyID       string `json:"accessKeyId"`
	AccessKeyPassword string `json:"accessKeyPassword"`
	Timestamp         int64  `json:"timestamp"`
	Host              string `json:"host"`
	ContentType       string `json:"contentType"`
	Body              string `json:"body"`
	BodyRecipe        *struct {
		Prefix, Repeat, Suffix string
		Count                  int
	} `json:"bodyRecipe"`
	BodyBytes     int    `json:"bodyBytes"`
	Signature     string `json:"signature"`
	Authorization string `json:"authorization"`
}

func (v vector) body() []byte {
	if r := v.BodyRecipe; r != nil {
		return []byte(r.Prefix + strings.Repeat(r.Repeat, r.Count) + r.Suffix)
	}
	return []byte(v.Body)
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/zenlayer-signature-vectors.json")
	require.NoError(t, err)
	var file struct{ Vectors []vector }
	require.NoError(t, json.Unmarshal(data, &file))
	require.Len(t, file.Vectors, 18)
	return file.Vectors
}

func TestEverySignatureVector(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			require.Equal(t, v.BodyBytes, len(v.body()))
			got := sign(v.AccessKeyPassword, strconv.FormatInt(v.Timestamp, 10), v.ContentType, v.Host, v.body())
			require.Equal(t, v.Signature, got)
			require.Equal(t, v.Authorization, authorization(v.AccessKeyID, got))
		})
	}
}

func TestTheWholeRequestMatchesTheVectors(t *testing.T) {
	t.Parallel()
	requests := map[string]RegisterBackendRequest{
		"register-backend-minimal": {
			ListenerID: "lsn-0001", BackendName: "web-01", InstanceID: "ins-0001", InstanceType: InstanceBM,
			ClientToken: "3f6c1c52-0d0a-4a6f-9d6e-1b1f5c9e0a01",
		},
		"register-backend-full": {
			ListenerID: "lsn-0001", BackendName: "web-01.edge", InstanceID: "ins-0001",
			ClientToken: "3f6c1c52-0d0a-4a6f-9d6e-1b1f5c9e0a02", PortList: []int{80, 443}, Weight: 100,
		},
		"register-backend-vm": {
			ListenerID: "lsn-0001", BackendName: "vm-01", InstanceID: "vm-0001", InstanceType: InstanceVM,
			ClientToken: "3f6c1c52-0d0a-4a6f-9d6e-1b1f5c9e0a03", PortList: []int{8080}, Weight: 1,
		},
	}
	checked := 0
	for _, v := range vectors(t) {
		r, ok := requests[v.Name]
		if !ok {
			continue
		}
		checked++
		body, err := json.Marshal(r)
		require.NoError(t, err)
		require.Equal(t, v.Body, string(body))
		c, err := New(Config{
			AccessKeyID: v.AccessKeyID, AccessKeySecret: NewSecret(v.AccessKeyPassword),
			Now: func() time.Time { return time.Unix(v.Timestamp, 0) },
		})
		require.NoError(t, err)
		req, _ := c.request(t.Context(), bmc, "RegisterBackend", body)
		require.Equal(t, v.Authorization, req.Header.Get("Authorization"))
		require.Equal(t, v.Host, req.Host)
		require.Equal(t, strconv.FormatInt(v.Timestamp, 10), req.Header.Get("X-ZC-Timestamp"))
		require.Equal(t, "2026-02-01", req.Header.Get("X-ZC-Version"))
		require.Equal(t, "https://console.zenlayer.com/api/v2/bmc", req.URL.String())
	}
	require.Equal(t, len(requests), checked)
}

func TestATokenIsSentWithoutSignature(t *testing.T) {
	t.Parallel()
	c, err := New(Config{Token: NewSecret(" fake-bearer-token-0001\n")})
	require.NoError(t, err)
	req, _ := c.request(t.Context(), vm, "DescribeInstances", []byte("{}"))
	require.Equal(t, "Bearer fake-bearer-token-0001", req.Header.Get("Authorization"))
	require.Equal(t, "2026-04-01", req.Header.Get("X-ZC-Version"))
	require.Equal(t, "vm", req.Header.Get("X-ZC-Service"))
	require.Empty(t, req.Header.Values("X-ZC-Timestamp"))
	require.Empty(t, req.Header.Values("X-ZC-Signature-Method"))
}

func BenchmarkPartSign(b *testing.B) {
	body := []byte(`{"listenerId":"lsn-0001","instanceId":"ins-0001","weight":100}`)
	b.ReportAllocs()
	for b.Loop() {
		sign("secret", "1700000000", contentType, "console.zenlayer.com", body)
	}
}

// BenchmarkPartRequest encodes and signs a RegisterBackend request.
func BenchmarkPartRequest(b *testing.B) {
	c, err := New(Config{AccessKeyID: "id", AccessKeySecret: NewSecret("secret")})
	require.NoError(b, err)
	r := RegisterBackendRequest{
		ListenerID: "lsn-0001", BackendName: "web-01.edge", InstanceID: "ins-0001", InstanceType: InstanceBM,
		ClientToken: "3f6c1c52-0d0a-4a6f-9d6e-1b1f5c9e0a02", PortList: []int{80, 443}, Weight: 100,
	}
	b.ReportAllocs()
	for b.Loop() {
		body, err := json.Marshal(r.wire())
		if err != nil {
			b.Fatal(err)
		}
		c.request(b.Context(), bmc, "RegisterBackend", body)
	}
}
