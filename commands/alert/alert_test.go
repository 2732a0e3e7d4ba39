package alert

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWordsAreReadWithWhatStandsAroundThem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want Reading
	}{
		"a name": {"web-07 is down.", Reading{Names: []Name{{Text: "web-07", Host: "web-07"}}}},
		"a name with a port": {"api-lb:443", Reading{Names: []Name{{Text: "api-lb:443", Host: "api-lb"}},
			Ports: []Port{{443, "api-lb"}}}},
		"an address with a port": {"(10.0.3.17:9100)", Reading{
			Names: []Name{{Text: "10.0.3.17:9100", Host: "10.0.3.17"}}, Ports: []Port{{9100, "10.0.3.17"}}}},
		"a long IPv6 address": {"[2001:db8:0:0:0:0:0:9]", Reading{
			Names: []Name{{Text: "2001:db8:0:0:0:0:0:9", Host: "2001:db8::9"}}}},
		"labels": {`server="web-07" lb: prod job="web-08"`, Reading{Names: []Name{
			{Text: "web-07", Host: "web-07", Kind: Server}, {Text: "web-08", Host: "web-08", Weak: true}}}},
		"a label before a common word": {"Load balancer: prod", Reading{Names: []Name{
			{Text: "prod", Host: "prod", Kind: Listener}}}},
		"a label on the line before": {"*Host:*\n\n- prod\n", Reading{Names: []Name{{Text: "prod", Host: "prod"}}}},
		"a pair of labels": {"lb=api-lb listener=https-443", Reading{Names: []Name{
			{Text: "api-lb", Host: "api-lb", Kind: Listener}, {Text: "https-443", Host: "https-443", Kind: Listener},
			{Text: "api-lb/https-443", Host: "api-lb/https-443", Kind: Listener}}}},
		"ports": {"port 80, 8080 and 8081; targetPort=9090 90 8443/tcp udp/53 :22 99999", Reading{
			Ports: []Port{{80, ""}, {8080, ""}, {8081, ""}, {9090, ""}, {90, ""}, {8443, ""}, {53, ""}, {22, ""}}}},
		"a link": {"<https://web-08.example/x|web-07>", Reading{
			Names: []Name{{Text: "web-07", Host: "web-07"}}}},
		"people and groups": {"<@U0WEB-07> <!here> <#C1|web-08>", Reading{}},
		"nothing":           {" \n\t", Reading{}},
	}
	for name, tt := range tests {
		require.Equal(t, tt.want, Read([]string{tt.text}), name)
	}
}

func TestATooLargeAlertIsReadInPart(t *testing.T) {
	t.Parallel()
	require.False(t, Read([]string{strings.Repeat("ü", MaxText)}).Partial)
	require.True(t, Read([]string{strings.Repeat("ü", MaxText), "x"}).Partial)
	var many strings.Builder
	for n := range MaxNames + 1 {
		fmt.Fprintf(&many, "web-%d ", n)
	}
	got := Read([]string{many.String()})
	require.True(t, got.Partial)
	require.Len(t, got.Names, MaxNames)
}

func FuzzReadNamesOnlyWhatTheTextHas(f *testing.F) {
	for _, text := range []string{"web-07 is down", `{"instance":"web-07:9100"}`,
		"<http://x.example|x.example> [::1]:80",
		"host:web-07,port 80", `a=~"b" \u0041\n c: [d] ''`, "lb=a-1 listener=b-2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Read([]string{text})
		read := plain(text)
		for _, n := range got.Names {
			for _, part := range strings.Split(n.Text, "/") {
				if !strings.Contains(read, part) {
					t.Errorf("%q is not in %q", part, read)
				}
			}
		}
		for _, p := range got.Ports {
			if !strings.Contains(read, fmt.Sprint(p.Number)) {
				t.Errorf("port %d is not in %q", p.Number, read)
			}
		}
	})
}
