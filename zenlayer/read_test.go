package zenlayer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestAllPagesOfBothProductsAreRead(t *testing.T) {
	t.Parallel()
	server, c := standIn(t, nil)
	for i := range 2345 {
		server.AddBackend(zenlayer.Backend{ListenerID: "lst-84ad", InstanceID: fmt.Sprintf("bm-%d", i), Name: "a",
			InstanceType: "BM"})
	}
	for i := range 1000 {
		server.AddBackend(zenlayer.Backend{ListenerID: "lst-84ad", InstanceID: fmt.Sprintf("vm-%d", i), Name: "a",
			InstanceType: "VM"})
	}
	got, err := c.DescribeBackends(t.Context(), "lst-84ad", zenlayer.BackendFilter{})
	require.NoError(t, err)
	require.Len(t, got, 3345)
	ids := map[string]bool{}
	for _, b := range got {
		ids[b.BackendID] = true
	}
	require.Len(t, ids, 3345)
	require.Len(t, server.CallsOf("DescribeBackends"), 3+1)

	virtual, err := c.DescribeBackends(t.Context(), "lst-84ad",
		zenlayer.BackendFilter{InstanceType: zenlayer.InstanceVM})
	require.NoError(t, err)
	require.Len(t, virtual, 1000)
	require.Equal(t, zenlayer.InstanceVM, virtual[0].InstanceType)
}

func TestAnEmptyPoolIsAnEmptyList(t *testing.T) {
	t.Parallel()
	_, c := standIn(t, nil)
	got, err := c.DescribeBackends(t.Context(), "lst-84ad", zenlayer.BackendFilter{})
	require.NoError(t, err)
	require.NotNil(t, got)
	require.Empty(t, got)
}

func TestAVMBackendIsFoundAlthoughTheAPIHidesItByDefault(t *testing.T) {
	t.Parallel()
	_, c := standIn(t, nil)
	r := sample()
	r.InstanceID, r.BackendName = "vm-a002", "edge-vm-02"
	_, err := c.RegisterBackend(t.Context(), r)
	require.True(t, zenlayer.IsNotFound(err), "without instanceType the API looks for bare metal only")
	r.InstanceType = zenlayer.InstanceVM
	added, err := c.RegisterBackend(t.Context(), r)
	require.NoError(t, err)
	got, err := c.DescribeBackends(t.Context(), r.ListenerID,
		zenlayer.BackendFilter{BackendIDs: []string{added.BackendID}})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, zenlayer.InstanceVM, got[0].InstanceType)
}

// listing answers DescribeListeners calls with the given pages, one after the
// other, and the last one for ever.
func listing(pages ...string) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.WriteString(w, `{"requestId":"T1","response":`+pages[min(n, len(pages)-1)]+`}`)
		n++
	}
}

func items(total int, ids ...string) string {
	set := []map[string]any{}
	for _, id := range ids {
		set = append(set, map[string]any{"listenerId": id})
	}
	encoded, _ := json.Marshal(map[string]any{"totalCount": total, "dataSet": set})
	return string(encoded)
}

func TestAListIsCompleteOrAnError(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pages []string
		want  int // -1: an error
	}{
		"one page":                {[]string{items(2, "a", "b")}, 2},
		"short pages that add up": {[]string{items(3, "a"), items(3, "b", "c")}, 3},
		"nothing":                 {[]string{items(0)}, 0},
		"null list of nothing":    {[]string{`{"totalCount":0,"dataSet":null}`}, 0},
		"no total":                {[]string{`{"dataSet":[{"listenerId":"a"}]}`}, -1},
		"a total below zero":      {[]string{`{"totalCount":-1,"dataSet":[]}`}, -1},
		"no list at all":          {[]string{`{}`}, -1},
		"less than the total":     {[]string{items(3, "a", "b"), items(3)}, -1},
		"more than the total":     {[]string{items(1, "a", "b")}, -1},
		"the same page again":     {[]string{items(4, "a", "b")}, -1},
		"an item without id":      {[]string{items(1, "")}, -1},
		"a total that changes, then settles": {[]string{items(3, "a"), items(4, "b"), items(2, "a"), items(2, "b")},
			2},
		"a total that never settles": {[]string{items(2, "a"), items(3, "b"), items(2, "a"), items(3, "b"),
			items(2, "a"), items(3, "b"), items(0)}, -1},
		"an item moved between pages, once": {[]string{items(2, "a"), items(2, "a"), items(2, "a"), items(2, "b")},
			2},
		"a total that is text":                  {[]string{`{"totalCount":"1","dataSet":[{"listenerId":"a"}]}`}, 1},
		"a total that is no number":             {[]string{`{"totalCount":"many","dataSet":[]}`}, -1},
		"an item that is null":                  {[]string{`{"totalCount":1,"dataSet":[null]}`}, -1},
		"an item that is not what it should be": {[]string{`{"totalCount":1,"dataSet":[{"listenerId":{}}]}`}, -1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := served(t, listing(tc.pages...), nil)
			got, err := c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{})
			if tc.want < 0 {
				require.Error(t, err)
				require.Nil(t, got)
				require.Equal(t, zenlayer.OutcomeUnknown, zenlayer.OutcomeOf(err))
				return
			}
			require.NoError(t, err)
			require.Len(t, got, tc.want)
		})
	}
}

func TestLooseListMayChangeWhileItIsRead(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pages []string
		want  string // empty: an error
	}{
		"nothing changes":                    {[]string{items(2, "a"), items(2, "b")}, "a b"},
		"an item is added before those read": {[]string{items(2, "a"), items(3, "a"), items(3, "b")}, ""},
		"one is added, and others follow": {[]string{items(4, "a", "b"), items(5, "b", "c"), items(5, "d")},
			"a b c d"},
		"an item of an earlier page is gone": {[]string{items(4, "a", "b"), items(3, "d")}, "a b d"},
		"the last page is gone":              {[]string{items(3, "a", "b"), items(2)}, "a b"},
		"more than the total":                {[]string{items(3, "a", "b"), items(2, "c")}, "a b c"},
		"the same page again":                {[]string{items(4, "a", "b")}, ""},
		"less than the total":                {[]string{items(4, "a", "b"), items(4)}, ""},
		"an item without id":                 {[]string{items(1, "")}, ""},
		"the total is more than can be read": {[]string{items(2, "a"), items(zenlayer.MaxItems+1, "b")}, ""},
		"a page is broken":                   {[]string{items(2, "a"), `{}`}, ""},
		"an item is added, then nothing moves": {[]string{items(2, "a"), items(3, "a"), items(2, "a"),
			items(2, "b")}, "a b"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := range tc.pages {
				tc.pages[n] = strings.ReplaceAll(tc.pages[n], "listenerId", "instanceId")
			}
			c := served(t, listing(tc.pages...), nil)
			got, err := c.DescribeInstances(t.Context(), zenlayer.InstanceBM, zenlayer.InstanceFilter{Loose: true})
			moved := !strings.Contains(name, "nothing")
			require.Equal(t, tc.want == "" || moved, err != nil, err)
			require.Equal(t, tc.want != "" && moved, errors.Is(err, zenlayer.ErrMoved), err)
			var ids []string
			for _, i := range got {
				ids = append(ids, i.ID)
			}
			require.Equal(t, tc.want, strings.Join(ids, " "))
		})
	}
}

func TestListThatIsTooLongOrEndlessIsAnError(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		total int
		calls int
		want  string
	}{
		"more items than are read": {zenlayer.MaxItems + 1, 1, "100001 items, more than 100000"},
		"an item a page":           {zenlayer.MaxItems, 100, "100 of 100000 items"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			c := served(t, func(w http.ResponseWriter, _ *http.Request) {
				n++
				_, _ = io.WriteString(w, `{"response":`+items(test.total, fmt.Sprint(n))+`}`)
			}, func(cfg *zenlayer.Config) { cfg.Limiter = limiter(func() {}) })
			_, err := c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{})
			var incomplete *zenlayer.IncompleteError
			require.ErrorAs(t, err, &incomplete)
			require.ErrorContains(t, err, test.want)
			require.Equal(t, test.calls, n)
		})
	}
}

func TestPagesBecomeSmallerAfterAnswersThatAreTooLarge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		instances, size int // in bytes, about
		calls           int
	}{
		"half as large":                      {2500, 1200, 1 + 5},
		"from the second page":               {2500, 0, 1 + 1 + 3},
		"a fifth, and the last page shorter": {560, 24_000, 4 + 23},
		"one at a time":                      {7, 700_000, 6 + 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := standIn(t, nil)
			for _, i := range server.Instances() {
				server.RemoveInstance(i.ID)
			}
			for n := range test.instances {
				size := test.size
				if size == 0 && n >= 1000 {
					size = 1200
				}
				server.AddInstance(zenlayer.Instance{ID: fmt.Sprintf("i-%d", n), Name: strings.Repeat("n", size)})
			}
			got, err := c.DescribeInstances(t.Context(), zenlayer.InstanceBM, zenlayer.InstanceFilter{})
			require.NoError(t, err)
			require.Len(t, got, test.instances)
			require.Equal(t, test.calls, server.CallCount())
		})
	}
}

func TestItemThatIsTooLargeIsAnError(t *testing.T) {
	t.Parallel()
	server, c := standIn(t, nil)
	server.AddInstance(zenlayer.Instance{ID: "i-1", Name: strings.Repeat("n", 2<<20)})
	_, err := c.DescribeInstances(t.Context(), zenlayer.InstanceBM, zenlayer.InstanceFilter{})
	require.ErrorContains(t, err, "larger than 1 MiB")
}

func TestReadingRetriesTemporaryFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault zenlayertest.Fault
		calls int
		ok    bool
	}{
		"429 once":                {zenlayertest.Fault{Kind: zenlayertest.RateLimited}, 2, true},
		"429 with a page":         {zenlayertest.Fault{Kind: zenlayertest.RateLimited, Plain: true}, 2, true},
		"503 twice":               {zenlayertest.Fault{Kind: zenlayertest.Unavailable, Times: 2}, 3, true},
		"503 timed out":           {zenlayertest.Fault{Kind: zenlayertest.TimedOut}, 2, true},
		"503 three times":         {zenlayertest.Fault{Kind: zenlayertest.Unavailable, Times: 3}, 3, false},
		"a dropped connection":    {zenlayertest.Fault{Kind: zenlayertest.ConnectionDropped}, 2, true},
		"an answer that is lost":  {zenlayertest.Fault{Kind: zenlayertest.AnswerLost}, 2, true},
		"a longer pause is asked": {zenlayertest.Fault{Kind: zenlayertest.RateLimited, RetryAfter: "60"}, 1, false},
		"500":                     {zenlayertest.Fault{Kind: zenlayertest.InternalError}, 1, false},
		"403":                     {zenlayertest.Fault{Kind: zenlayertest.Challenge}, 1, false},
		"a broken answer":         {zenlayertest.Fault{Kind: zenlayertest.TruncatedJSON}, 1, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := standIn(t, nil)
			server.Inject(tc.fault)
			_, err := c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{})
			require.Equal(t, tc.ok, err == nil, err)
			require.Len(t, server.Calls(), tc.calls)
		})
	}
}

func TestPausesBetweenReadingAttempts(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		retryAfter string
		random     float64
		want       []time.Duration
	}{
		"growing":                    {"", 0, []time.Duration{500 * time.Millisecond, time.Second}},
		"with jitter":                {"", 0.5, []time.Duration{625 * time.Millisecond, 1250 * time.Millisecond}},
		"as long as the server says": {"3", 0, []time.Duration{3 * time.Second, 3 * time.Second}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var pauses []time.Duration
			var signatures []string
			second := int64(1000)
			c := served(t, func(w http.ResponseWriter, r *http.Request) {
				signatures = append(signatures, r.Header.Get("Authorization"))
				w.Header().Set("Retry-After", tc.retryAfter)
				w.WriteHeader(http.StatusTooManyRequests)
			}, func(cfg *zenlayer.Config) {
				cfg.Random = func() float64 { return tc.random }
				cfg.Sleep = func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil }
				cfg.Now = func() time.Time { second++; return time.Unix(second, 0) }
			})
			_, err := c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{})
			require.Error(t, err)
			require.Equal(t, tc.want, pauses)
			require.Len(t, signatures, 3)
			require.NotEqual(t, signatures[0], signatures[1], "every attempt is signed anew")
			require.NotEqual(t, signatures[1], signatures[2])
		})
	}
}

func TestPausesEndWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := client(t, "http://127.0.0.1:1", func(cfg *zenlayer.Config) {
			cfg.Sleep = nil
			cfg.HTTPClient = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				calls++
				return nil, io.ErrUnexpectedEOF
			})}
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		_, err := c.DescribeListeners(ctx, zenlayer.ListenerFilter{})
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "the last real cause is reported")
		require.Equal(t, 100*time.Millisecond, time.Since(start))
		require.Equal(t, 1, calls)

		short, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer stop()
		start = time.Now()
		_, err = c.DescribeListeners(short, zenlayer.ListenerFilter{})
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Zero(t, time.Since(start), "a pause that would outlast the context is not begun")
	})
}

func TestWritesAreNotRetried(t *testing.T) {
	t.Parallel()
	for _, kind := range []zenlayertest.FaultKind{
		zenlayertest.RateLimited, zenlayertest.Unavailable, zenlayertest.ConnectionDropped, zenlayertest.ClockSkew,
	} {
		server, c := standIn(t, nil)
		server.Inject(zenlayertest.Fault{Kind: kind, Times: -1})
		_, err := c.RegisterBackend(t.Context(), sample())
		require.Error(t, err)
		_, err = c.DeregisterBackend(t.Context(), "be-19c1")
		require.Error(t, err)
		require.Len(t, server.Calls(), 2)
	}
}

func TestTransportDoesNotRetryALostAnswer(t *testing.T) {
	t.Parallel()
	for _, kind := range []zenlayertest.FaultKind{zenlayertest.AnswerLost, zenlayertest.ConnectionDropped} {
		server, c := standIn(t, nil)
		_, err := c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{})
		require.NoError(t, err)
		server.Inject(zenlayertest.Fault{Kind: kind})
		_, err = c.RegisterBackend(t.Context(), sample())
		requireTransport(t, err, true, zenlayer.OutcomeUnknown)
		require.Len(t, server.CallsOf("RegisterBackend"), 1, "net/http must not send a POST twice")
	}
}
