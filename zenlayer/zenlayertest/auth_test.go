package zenlayertest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer/zenlayertest"
)

type vector struct {
	Name, Host, ContentType, Action, Version, Body, WirePath, Authorization string
	AccessKeyID, AccessKeyPassword                                          string
	Timestamp                                                               int64
	BodyRecipe                                                              *struct {
		Prefix, Repeat, Suffix string
		Count                  int
	}
}

type vectorFile struct {
	Vectors    []vector
	MustReject struct {
		Cases []struct {
			Name, Base, ExpectCode string
			Set                    json.RawMessage
			ServerTime             int64
		}
	}
}

func vectors(t testing.TB) vectorFile {
	t.Helper()
	data, err := os.ReadFile("../testdata/zenlayer-signature-vectors.json")
	require.NoError(t, err)
	var file vectorFile
	require.NoError(t, json.Unmarshal(data, &file))
	for i, v := range file.Vectors {
		if r := v.BodyRecipe; r != nil {
			file.Vectors[i].Body = r.Prefix + strings.Repeat(r.Repeat, r.Count) + r.Suffix
		}
	}
	return file
}

func (v vector) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, v.WirePath, strings.NewReader(v.Body))
	r.Host = v.Host
	r.Header.Set("Content-Type", v.ContentType)
	r.Header.Set("x-zc-action", v.Action)
	r.Header.Set("x-zc-version", v.Version)
	r.Header.Set("x-zc-timestamp", strconv.FormatInt(v.Timestamp, 10))
	r.Header.Set("x-zc-signature-method", "ZC2-HMAC-SHA256")
	r.Header.Set("authorization", v.Authorization)
	return r
}

func (v vector) server(now int64) *zenlayertest.Server {
	return zenlayertest.New(zenlayertest.Options{
		AccessKeyID: v.AccessKeyID, AccessKeySecret: v.AccessKeyPassword,
		Now: func() time.Time { return time.Unix(now, 0) },
	})
}

// answer is what the stand-in said.
type answer struct {
	Status    int
	Code      string
	RequestID string
	Response  map[string]any
	Header    http.Header
}

func ask(s *zenlayertest.Server, r *http.Request) answer {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var out answer
	_ = json.Unmarshal(w.Body.Bytes(), &out)
	out.Status, out.Header = w.Code, w.Header()
	return out
}

func TestEveryVectorIsAccepted(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t).Vectors {
		t.Run(v.Name, func(t *testing.T) {
			s := v.server(v.Timestamp)
			executed := false
			s.SetOnCall(func(zenlayertest.Call, zenlayertest.Phase) { executed = true })
			got := ask(s, v.request())
			require.True(t, executed, got)
			for _, code := range []string{"INVALID_AUTHORIZATION", "SIGNATURE_FAILURE", "SIGNATURE_EXPIRED"} {
				require.NotEqual(t, "AUTHFAILURE_"+code, got.Code)
			}
		})
	}
}

func TestInvalidSignaturesAreRejected(t *testing.T) {
	t.Parallel()
	file := vectors(t)
	require.Len(t, file.MustReject.Cases, 8)
	for _, tc := range file.MustReject.Cases {
		t.Run(tc.Name, func(t *testing.T) {
			sent := vector{}
			for _, v := range file.Vectors {
				if v.Name == tc.Base {
					sent = v
				}
			}
			now := sent.Timestamp
			if tc.ServerTime != 0 {
				now = tc.ServerTime
			}
			if tc.Set != nil {
				require.NoError(t, json.Unmarshal(tc.Set, &sent))
			}
			s := sent.server(now)
			s.SetOnCall(func(zenlayertest.Call, zenlayertest.Phase) { t.Error("it was executed") })
			got := ask(s, sent.request())
			require.Equal(t, http.StatusUnauthorized, got.Status)
			require.Equal(t, tc.ExpectCode, got.Code)
		})
	}
}

func TestTimeTolerance(t *testing.T) {
	t.Parallel()
	v := vectors(t).Vectors[1]
	for off, accepted := range map[int64]bool{0: true, 299: true, 300: true, 301: false, -300: true, -301: false,
		86400: false} {
		got := ask(v.server(v.Timestamp+off), v.request())
		require.Equal(t, accepted, got.Code != "AUTHFAILURE_SIGNATURE_EXPIRED", "%d s off: %s", off, got.Code)
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	t.Parallel()
	const invalid, failure = "AUTHFAILURE_INVALID_AUTHORIZATION", "AUTHFAILURE_SIGNATURE_FAILURE"
	v := vectors(t).Vectors[1]
	auth := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			value := r.Header.Get("Authorization")
			if !strings.Contains(value, from) {
				panic("nothing to replace")
			}
			r.Header.Set("Authorization", strings.Replace(value, from, to, 1))
		}
	}
	cases := map[string]struct {
		change func(*http.Request)
		code   string
	}{
		"no authorization":                {func(r *http.Request) { r.Header.Del("Authorization") }, invalid},
		"an empty one":                    {func(r *http.Request) { r.Header.Set("Authorization", "") }, invalid},
		"another scheme":                  {auth("ZC2-HMAC-SHA256", "TC3-HMAC-SHA256"), invalid},
		"another key id":                  {auth("FAKEKEYID0000001", "FAKEKEYID0000002"), invalid},
		"no space after the comma":        {auth(", ", ","), invalid},
		"host is not signed":              {auth("content-type;host", "content-type"), invalid},
		"content type is not signed":      {auth("content-type;host", "host"), invalid},
		"headers in another order":        {auth("content-type;host", "host;content-type"), invalid},
		"headers in upper case":           {auth("content-type;host", "Content-Type;host"), invalid},
		"a signature in upper case":       {auth("f0af", "F0AF"), invalid},
		"a short signature":               {auth("f0af", ""), invalid},
		"another signature":               {auth("f0af", "f0ae"), failure},
		"one more signed header":          {auth("content-type;host", "content-type;host;x-zc-action"), failure},
		"no timestamp":                    {func(r *http.Request) { r.Header.Del("X-ZC-Timestamp") }, invalid},
		"a timestamp that is not numeric": {func(r *http.Request) { r.Header.Set("X-ZC-Timestamp", "now") }, invalid},
		"a timestamp spelt differently": {func(r *http.Request) { r.Header.Set("X-ZC-Timestamp", "+1760000000") },
			failure},
		"no signature method": {func(r *http.Request) { r.Header.Del("X-ZC-Signature-Method") }, invalid},
		"the method's old spelling": {func(r *http.Request) {
			r.Header.Set("X-ZC-Signature-Method", "ZC2-HMAC_SHA256")
		}, invalid},
		"a token that nobody has": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer nobody") },
			invalid},
		"an empty token": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") },
			invalid},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := v.request()
			tc.change(r)
			got := ask(v.server(v.Timestamp), r)
			require.Equal(t, http.StatusUnauthorized, got.Status)
			require.Equal(t, tc.code, got.Code)
			require.NotEmpty(t, got.RequestID)
		})
	}
}

func TestABearerTokenNeedsNoSignature(t *testing.T) {
	t.Parallel()
	s := zenlayertest.New(zenlayertest.Options{Token: "fake-bearer-token-0001", Seed: zenlayertest.SampleData()})
	r := httptest.NewRequest(http.MethodPost, "/api/v2/bmc", strings.NewReader("{}"))
	r.Header.Set("Authorization", "Bearer fake-bearer-token-0001")
	r.Header.Set("X-ZC-Action", "DescribeListeners")
	got := ask(s, r)
	require.Equal(t, http.StatusOK, got.Status)
	require.EqualValues(t, 5, got.Response["totalCount"])

	r = httptest.NewRequest(http.MethodPost, "/api/v2/bmc", strings.NewReader("{}"))
	r.Header = vectors(t).Vectors[1].request().Header
	require.Equal(t, "AUTHFAILURE_INVALID_AUTHORIZATION", ask(s, r).Code, "a server without a key pair accepts none")
}

func TestCredentialsAreNotKept(t *testing.T) {
	t.Parallel()
	v := vectors(t).Vectors[1]
	s := v.server(v.Timestamp)
	for _, value := range []string{
		v.Authorization, "Bearer secret-token", "bearer secret-token", "secret-token", "Basic secret-token",
		"ZC2-HMAC-SHA256 secret-token", "ZC2-HMAC-SHA256 Signature=secret-token, Credential=x",
	} {
		r := v.request()
		r.Header.Set("Authorization", value)
		ask(s, r)
	}
	calls := s.Calls()
	require.Len(t, calls, 7)
	for _, c := range calls {
		kept := c.Header.Get("Authorization")
		require.True(t, strings.HasSuffix(kept, "[redacted]"), kept)
		require.NotContains(t, kept, "secret-token")
		require.NotContains(t, kept, "f0af3391")
	}
	require.Equal(t, "ZC2-HMAC-SHA256 Credential=FAKEKEYID0000001, SignedHeaders=content-type;host, [redacted]",
		calls[0].Header.Get("Authorization"))
}

// FuzzSignatureVerification changes a valid request in every place. Whatever is
// not the original must be refused, and nothing may panic.
func FuzzSignatureVerification(f *testing.F) {
	base := vectors(f).Vectors[1]
	valid := map[string]bool{}
	for _, v := range vectors(f).Vectors[:6] {
		if v.AccessKeyID == base.AccessKeyID {
			parts := []string{v.Authorization, v.Host, v.ContentType, strconv.FormatInt(v.Timestamp, 10), v.Body}
			valid[strings.Join(parts, "\x00")] = true
		}
		f.Add(v.Authorization, v.Host, v.ContentType, strconv.FormatInt(v.Timestamp, 10), v.Body)
	}
	f.Add("Bearer ", "", "", "-1", "")
	f.Add("ZC2-HMAC-SHA256 Credential=, SignedHeaders=;, Signature=", ":", "\x00", "99999999999999999999", "{")
	f.Fuzz(func(t *testing.T, authorization, host, contentType, timestamp, body string) {
		s := base.server(base.Timestamp)
		executed := false
		s.SetOnCall(func(zenlayertest.Call, zenlayertest.Phase) { executed = true })
		r := httptest.NewRequest(http.MethodPost, "/api/v2/bmc", strings.NewReader(body))
		r.Host = host
		maps.Copy(r.Header, http.Header{
			"Authorization": {authorization}, "Content-Type": {contentType}, "X-Zc-Timestamp": {timestamp},
			"X-Zc-Signature-Method": {"ZC2-HMAC-SHA256"}, "X-Zc-Action": {"RegisterBackend"},
		})
		got := ask(s, r)
		original := valid[strings.Join([]string{authorization, host, strings.TrimSpace(contentType), timestamp, body},
			"\x00")]
		require.Equal(t, original, executed, "code %s", got.Code)
		if !original {
			require.Equal(t, http.StatusUnauthorized, got.Status)
		}
	})
}
