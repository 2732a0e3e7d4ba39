package commands

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
)

// phoneSpellings all mean the same registration.
func phoneSpellings() []string {
	return []string{
		`api-lb:443 web-07 ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`  api-lb:443   web-07  ports=8080,8081   weight=50  reason="inc-1234 add capacity"  `,
		`/lb-register api-lb:443 web-07 ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`/lb-register /lb-register api-lb:443 web-07 ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		"`/lb-register api-lb:443 web-07 ports=8080,8081 weight=50 reason=\"inc-1234 add capacity\"`",
		"```/lb-register api-lb:443 web-07 ports=8080,8081 weight=50 reason=\"inc-1234 add capacity\"```",
		"`api-lb:443` `web-07` ports=`8080,8081` weight=`50` reason=\"inc-1234 add capacity\"",
		`api-lb:443 web-07 ports=8080,8081 weight=50 reason=“inc-1234 add capacity”`,
		`api-lb:443 web-07 ports=8080,8081 weight=50 reason=‘inc-1234 add capacity’`,
		`api-lb:443 web-07 ports=8080,8081 weight=50 reason=„inc-1234 add capacity“`,
		`api-lb:443 web-07 ports=8080,8081 weight=50 reason=«inc-1234 add capacity»`,
		`api-lb:443 web-07 ports=8080,8081 weight=50 reason='inc-1234 add capacity'`,
		`api-lb:443 “web-07” ports=“8080,8081” weight=‘50’ reason="inc-1234 add capacity"`,
		`api-lb:443 web–07 ports=8080,8081 weight=50 reason="inc–1234 add capacity"`,
		`api—lb:443 web—07 ports=8080,8081 weight=50 reason="inc—1234 add capacity"`,
		"api\u2011lb:443 web\u201007 ports=8080,8081 weight=50 reason=\"inc\u22121234 add capacity\"",
		"api-lb:443\u00a0web-07\u00a0ports=8080,8081\u00a0weight=50 reason=\"inc-1234\u00a0add\u00a0capacity\"",
		"api-lb:443\u2009web-07\u202fports=8080,8081\u3000weight=50 reason=\"inc-1234 add capacity\"",
		"api-lb:443\tweb-07\tports=8080,8081\tweight=50\treason=\"inc-1234 add capacity\"",
		"api-lb:443 web-07\nports=8080,8081\nweight=50\nreason=\"inc-1234 add capacity\"\n",
		"api-lb:443 web-07\r\nports=8080,8081\r\nweight=50 reason=\"inc-1234\r\nadd capacity\"",
		"\ufeffapi-lb:443 web\u200b-07 ports=80\u200d80,8081 weight=50\u2060 reason=\"inc-1234 add cap\u00adacity\"",
		"api-lb:443 web-07\u200e ports=8080,8081 weight=50 reason=\"inc-1234 add capacity\u200f\"",
		"ａｐｉ－ｌｂ：４４３ ｗｅｂ－０７ ｐｏｒｔｓ＝８０８０，８０８１ ｗｅｉｇｈｔ＝５０ ｒｅａｓｏｎ＝＂ｉｎｃ－１２３４ ａｄｄ ｃａｐａｃｉｔｙ＂",
		`api-lb:443 web-07 ports=８０８０,８０８１ weight=５０ reason="inc-1234 add capacity"`,
		`api-lb:443 <http://web-07|web-07> ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 <http://web-07> ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 <https://web-07/> ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`<http://api-lb:443|api-lb:443> web-07 ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`listener=<http://api-lb:443|api-lb:443> server=<http://web-07|web-07> ` +
			`ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`<http://api-lb|api-lb>:443 web-07 ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 --ports=8080,8081 --weight=50 --reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 --ports 8080,8081 --weight 50 --reason "inc-1234 add capacity"`,
		`api-lb:443 web-07 -p 8080,8081 -w 50 -r "inc-1234 add capacity"`,
		`api-lb:443 web-07 —ports 8080,8081 —weight 50 —reason “inc-1234 add capacity”`,
		`api-lb:443 web-07 –p 8080,8081 –w 50 –r “inc-1234 add capacity”`,
		`—listener api-lb:443 —server web-07 —ports=8080,8081 —weight=50 —reason=“inc-1234 add capacity”`,
		`Listener=api-lb:443 Server=web-07 Ports=8080,8081 Weight=50 Reason="inc-1234 add capacity"`,
		`LISTENER=api-lb:443 SERVER=web-07 PORTS=8080,8081 WEIGHT=50 REASON="inc-1234 add capacity"`,
		`listener:api-lb:443 server:web-07 ports:8080,8081 weight:50 reason:"inc-1234 add capacity"`,
		`l=api-lb:443 s=web-07 p=8080,8081 w=50 r="inc-1234 add capacity"`,
		`l:api-lb:443 s:web-07 p:8080,8081 w:50 why:"inc-1234 add capacity"`,
		`listenerId=api-lb:443 instanceId=web-07 portList=8080,8081 weight=50 why="inc-1234 add capacity"`,
		`listener-id=api-lb:443 instance-id=web-07 port-list=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`listener_id=api-lb:443 instance_id=web-07 port_list=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`weight=50 reason="inc-1234 add capacity" ports=8080,8081 api-lb:443 web-07`,
		`weight=50 api-lb:443 ports=8080,8081 web-07 reason="inc-1234 add capacity"`,
		`listener=api-lb:443 web-07 port=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`host=web-07 api-lb:443 ports=8080,8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 ip=web-07 ports=8080-8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 ports=8080–8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 ports=8080, 8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 ports=8080 ,8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 ports=8080 , 8081 weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 ports="8080 8081" weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 ports=8080;8081 weight=050 reason="inc-1234  add   capacity"`,
		`"api-lb:443" "web-07" ports="8080,8081" weight="50" reason="inc-1234 add capacity"`,
		`listener="api-lb:443"server='web-07'ports="8080,8081"weight=50 reason="inc-1234 add capacity"`,
		`api-lb:443 web-07 ports=8080,8081 weight=50 reason="inc-1234 add capacity" type= name= to=`,
		`api-lb:443 web-07 ports=8080,8081 weight = 50 reason = "inc-1234 add capacity"`,
		`listener = api-lb:443 server =web-07 Ports = 8080, 8081 weight= 50 reason="inc-1234 add capacity"`,
		`weight= 50 api-lb:443 web-07 ports= 8080,8081 reason= "inc-1234 add capacity"`,
		`api-lb:443 web-07 ports=8080,8081 weight=50 reason="inc-1234 add capacity" dry-run=false type=auto`,
	}
}

func TestPhoneSpellingsParseAlike(t *testing.T) {
	t.Parallel()
	want := Registration{
		Listener: ListenerRef{Text: "api-lb:443", LoadBalancer: "api-lb", Port: 443},
		Server:   "web-07", Ports: []int{8080, 8081}, Weight: 50, Reason: "inc-1234 add capacity",
	}
	require.GreaterOrEqual(t, len(phoneSpellings()), 60)
	for _, text := range phoneSpellings() {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, registration(t, text))
		})
	}
}

// registration parses and builds what must be accepted.
func registration(t testing.TB, text string) Registration {
	t.Helper()
	c, err := Parse(text)
	require.NoError(t, err, text)
	require.Equal(t, VerbRegister, c.Verb)
	r, err := BuildRegistration(c.Values)
	require.NoError(t, err, text)
	return r
}

func TestEveryFieldCanBeTyped(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want Registration
	}{
		"listener by id": {"lst-8f2c i-55a1", Registration{Server: "i-55a1"}},
		"type bm": {"lst-8f2c i-55a1 type=BM",
			Registration{Server: "i-55a1", Type: zenlayer.InstanceBM}},
		"type vm by the API's name": {"lst-8f2c i-55a1 instanceType=Vm",
			Registration{Server: "i-55a1", Type: zenlayer.InstanceVM}},
		"type in two words, without quotes": {"lst-8f2c i-55a1 type=bare metal weight=3",
			Registration{Server: "i-55a1", Type: zenlayer.InstanceBM, Weight: 3}},
		"type in two words, in quotes": {`lst-8f2c i-55a1 type="Virtual Machine"`,
			Registration{Server: "i-55a1", Type: zenlayer.InstanceVM}},
		"type with a hyphen": {"lst-8f2c i-55a1 type=virtual-machine",
			Registration{Server: "i-55a1", Type: zenlayer.InstanceVM}},
		"type to be found out": {`lst-8f2c i-55a1 type="find out"`, Registration{Server: "i-55a1"}},
		"backend name": {"lst-8f2c i-55a1 backendName=web-07.a",
			Registration{Server: "i-55a1", Name: "web-07.a"}},
		"channel from Slack's escape": {"lst-8f2c i-55a1 to=<#C1|ops>",
			Registration{Server: "i-55a1", Channel: "C1"}},
		"private channel without its name": {"lst-8f2c i-55a1 to=<#G0PRV|>",
			Registration{Server: "i-55a1", Channel: "G0PRV"}},
		"channel by name": {"lst-8f2c i-55a1 channel=#Ops", Registration{Server: "i-55a1", Channel: "#ops"}},
		"channel without its sign": {"lst-8f2c i-55a1 to=inc-1234",
			Registration{Server: "i-55a1", Channel: "#inc-1234"}},
		"both flags": {"lst-8f2c i-55a1 dry-run no-watch", Registration{Server: "i-55a1", DryRun: true, NoWatch: true}},
		"flags with hyphens and capitals": {"lst-8f2c --Dry-Run i-55a1 --no_watch",
			Registration{Server: "i-55a1", DryRun: true, NoWatch: true}},
		"a flag twice is the flag": {"lst-8f2c i-55a1 dry-run --dry-run",
			Registration{Server: "i-55a1", DryRun: true}},
		"IPv4 address": {"lst-8f2c 10.0.3.17", Registration{Server: "10.0.3.17"}},
		"IPv6 address": {"lst-8f2c 2001:db8::17", Registration{Server: "2001:db8::17"}},
		"host name that Slack linked": {"lst-8f2c <http://web-07.example|web-07.example>",
			Registration{Server: "web-07.example"}},
		"apostrophe inside a word": {"lst-8f2c i-55a1 reason=don’t",
			Registration{Server: "i-55a1", Reason: "don’t"}},
		"apostrophe inside quotes": {`lst-8f2c i-55a1 reason="it’s on fire"`,
			Registration{Server: "i-55a1", Reason: "it’s on fire"}},
		"doubled quotes inside quotes": {`lst-8f2c i-55a1 reason="say ""hi"" now"`,
			Registration{Server: "i-55a1", Reason: `say "hi" now`}},
		"entities in a reason": {"lst-8f2c i-55a1 reason=\"p99 &gt; 2 s &amp; rising &lt;fast&gt;\"",
			Registration{Server: "i-55a1", Reason: "p99 > 2 s & rising <fast>"}},
		"people and channels in a reason": {
			`lst-8f2c i-55a1 reason="<@U1|ana> asked in <#C1|ops>, see <https://x.example/a?b=c>"`,
			Registration{Server: "i-55a1", Reason: "@ana asked in #ops, see https://x.example/a?b=c"}},
		"calls to everyone are quiet": {
			`lst-8f2c i-55a1 reason="<!channel> <!here|here> @everyone <!subteam^S1|@sre> help"`,
			Registration{Server: "i-55a1", Reason: "channel here everyone @sre help"}},
		"a mail address is no call": {`lst-8f2c i-55a1 reason="<mailto:a@herezone.example|a@herezone.example>"`,
			Registration{Server: "i-55a1", Reason: "a@herezone.example"}},
		"escapes inside escapes are undone": {`lst-8f2c i-55a1 reason="&amp;lt;!channel&amp;gt; now"`,
			Registration{Server: "i-55a1", Reason: "channel now"}},
		"empty ports are the listener's own": {"lst-8f2c i-55a1 ports=", Registration{Server: "i-55a1"}},
		"two ports that could be one number": {"lst-8f2c i-55a1 ports=8;443",
			Registration{Server: "i-55a1", Ports: []int{8, 443}}},
		"a range of ports": {"lst-8f2c i-55a1 ports=8080-8083",
			Registration{Server: "i-55a1", Ports: []int{8080, 8081, 8082, 8083}}},
		"twenty ports": {"lst-8f2c i-55a1 ports=1-19,65535",
			Registration{Server: "i-55a1", Ports: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
				19, 65535}}},
		"duplicate ports are removed and said": {"lst-8f2c i-55a1 ports=8080,8081,8080-8082",
			Registration{Server: "i-55a1", Ports: []int{8080, 8081, 8082},
				Notes: []string{"Ports given more than once were taken once: 8080, 8081."}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.want.Listener = ListenerRef{Text: "lst-8f2c", ID: "lst-8f2c", Name: "lst-8f2c"}
			require.Equal(t, tt.want, registration(t, tt.text))
			tt.want.Notes = nil
			require.Equal(t, tt.want, registration(t, tt.want.CommandLine()), "what was typed can be pasted again")
		})
	}
}

func TestListenerCanBeNamedInFourWays(t *testing.T) {
	t.Parallel()
	tests := map[string]ListenerRef{
		"lst-8f2c":             {Text: "lst-8f2c", ID: "lst-8f2c", Name: "lst-8f2c"},
		"https-443":            {Text: "https-443", ID: "https-443", Name: "https-443"},
		"api-lb/https-443":     {Text: "api-lb/https-443", LoadBalancer: "api-lb", Name: "https-443"},
		"api-lb:443":           {Text: "api-lb:443", LoadBalancer: "api-lb", Port: 443},
		"api-lb/tcp:443":       {Text: "api-lb/tcp:443", LoadBalancer: "api-lb", Name: "tcp:443"},
		"api:blue":             {Text: "api:blue", ID: "api:blue", Name: "api:blue"},
		"支付/网关":                {Text: "支付/网关", LoadBalancer: "支付", Name: "网关"},
		"listener=help":        {Text: "help", ID: "help", Name: "help"},
		"listener=i-55a1":      {Text: "i-55a1", ID: "i-55a1", Name: "i-55a1"},
		`listener="weight=5"`:  {Text: "weight=5", ID: "weight=5", Name: "weight=5"},
		"listener=weight:50":   {Text: "weight:50", LoadBalancer: "weight", Port: 50},
		"listener=dry-run:443": {Text: "dry-run:443", LoadBalancer: "dry-run", Port: 443},
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			r := registration(t, text+" server=web-07")
			require.Equal(t, want, r.Listener)
			require.Equal(t, r, registration(t, r.CommandLine()), r.CommandLine())
		})
	}
}

func TestVerbsAreRead(t *testing.T) {
	t.Parallel()
	tests := map[string]Command{
		"":                     {Verb: VerbForm},
		"   ":                  {Verb: VerbForm},
		"\u200b\u00a0":         {Verb: VerbForm},
		"/lb-register":         {Verb: VerbForm},
		"help":                 {Verb: VerbHelp},
		"HELP":                 {Verb: VerbHelp},
		"—help":                {Verb: VerbHelp},
		"?":                    {Verb: VerbHelp},
		"help all":             {Verb: VerbHelp, Args: []string{"all"}},
		"help “ports”":         {Verb: VerbHelp, Args: []string{"ports"}},
		"whoami":               {Verb: VerbWhoami},
		"status":               {Verb: VerbStatus},
		"list":                 {Verb: VerbList},
		"ls":                   {Verb: VerbList},
		"list api":             {Verb: VerbList, Args: []string{"api"}},
		"list api 443":         {Verb: VerbList, Args: []string{"api 443"}},
		"show `api-lb:443` ":   {Verb: VerbList, Args: []string{"api-lb:443"}},
		"list listener=a/b":    {Verb: VerbList, Args: []string{"a/b"}},
		"status LBR-7F3KQ2":    {Verb: VerbStatus, Args: []string{"LBR-7F3KQ2"}},
		"Status lbr–7f3kq2":    {Verb: VerbStatus, Args: []string{"LBR-7F3KQ2"}},
		"status 7f3kq2":        {Verb: VerbStatus, Args: []string{"LBR-7F3KQ2"}},
		"status `LBR-7F3KQ2` ": {Verb: VerbStatus, Args: []string{"LBR-7F3KQ2"}},
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(text)
			require.NoError(t, err)
			require.Equal(t, want.Verb, got.Verb)
			require.ElementsMatch(t, want.Args, got.Args)
		})
	}
}

func TestIDsThatWouldBeUnderstoodAsOthersAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"lst-8f2c", "i-55a1", "LST=1", "lst.1", "_lst_",
		"5b1f0c1e-aaaa-4bbb-8ccc-5b1f0c1e5b1f"} {
		require.True(t, TakesID(id), id)
	}
	for _, id := range []string{"", " lst", "lst 1", "lst\u00a01", "lst—1", "`lst`", "ｌｓｔ", "lst,1", "lst|x", "<@U1>",
		"lst&amp;1", "#chan", "a/b", "a:443"} {
		require.False(t, TakesID(id), id)
	}
}
