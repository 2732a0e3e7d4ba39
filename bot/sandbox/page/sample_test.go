package page

// sampleIDs are ids to click.
var sampleIDs = []Sample{
	{Kind: "Listener", ID: "api-lb/https-443", Label: "api-lb/https-443", Detail: "TCP 443, weighted"},
	{Kind: "Listener", ID: "api-lb/http-80", Label: "api-lb/http-80", Detail: "TCP 80, round robin"},
	{Kind: "Listener", ID: "db-lb/tcp-5432", Label: "db-lb/tcp-5432", Detail: "TCP 5432, direct routing"},
	{Kind: "Server", ID: "web-07", Label: "web-07", Detail: "Bare metal, running"},
	{Kind: "Server", ID: "web-08", Label: "web-08", Detail: "Bare metal, running"},
	{Kind: "Server", ID: "db-03", Label: "db-03", Detail: "Virtual machine"},
	{Kind: "Server", ID: "web-09", Label: "web-09", Detail: "Stopped"},
	{Kind: "Server", ID: "web-10", Label: "web-10", Detail: "Bare metal, being installed"},
	{Kind: "Server", ID: "web-11", Label: "web-11", Detail: "Virtual machine, other zone FRA1"},
	{Kind: "Server", ID: "db-01", Label: "db-01", Detail: "Virtual machine"},
	{Kind: "Server", ID: "db-02", Label: "db-02", Detail: "Virtual machine"},
}

// previewMessage is a private preview with a confirmed button and a menu.
const previewMessage = `{"response_type":"ephemeral",
  "text":"Preview: add web-07 to api-lb port 443, weight 50. Not sent yet.","blocks":[
 {"type":"section","text":{"type":"mrkdwn","text":"*Preview. Nothing has changed yet.*   LBR-7F3KQ2"}},
 {"type":"section","text":{"type":"mrkdwn",
  "text":"*Add* web-07 (` + "`i-55a1`" + `, bare metal, 10.0.3.17) *to* https-443 on api-lb (` + "`lst-8f2c`" + `, ` +
	`TCP 443), ports ` + "`8080`" + `, weight ` + "`50`" + `, name ` + "`web-07`" + `.` +
	`\n• Health checks are *off* on this listener: web-07 gets traffic at once, even if it is not ready."}},
 {"type":"actions","block_id":"act","elements":[
  {"type":"button","action_id":"req_send","style":"primary","value":"LBR-7F3KQ2","text":{"type":"plain_text",
   "text":"Add server"},"accessibility_label":"Add web-07 to https-443 on api-lb, weight 50",
   "confirm":{"title":{"type":"plain_text","text":"Add to a protected listener?"},"text":{"type":"mrkdwn",
    "text":"web-07 will take about *20 %* of new connections on api-lb port 443."},"confirm":{"type":"plain_text",
     "text":"Add server"},"deny":{"type":"plain_text","text":"Not yet"}}},
  {"type":"button","action_id":"req_change","value":"x","text":{"type":"plain_text","text":"Change"}},
  {"type":"button","action_id":"req_cancel","value":"x","text":{"type":"plain_text","text":"Cancel"}},
  {"type":"overflow","action_id":"req_more","options":[{"text":{"type":"plain_text","text":"Why am I allowed?"},
   "value":"why"},{"text":{"type":"plain_text","text":"Copy as /lb-register"},"value":"copy"}]}]},
 {"type":"context","elements":[{"type":"mrkdwn",
  "text":"Posts to <#C0OPS>. Good until <!date^1795430300^{time}|03:19> (10:38 UTC)."}]}]}`

// addedBlocks is a final card.
const addedBlocks = `[
 {"type":"header","text":{"type":"plain_text","text":"Added web-07 to https-443 on api-lb"}},
 {"type":"section","fields":[
  {"type":"mrkdwn","text":"*Backend ID*\n` + "`be-20d1`" + `"},{"type":"mrkdwn",
   "text":"*Server*\nweb-07 (` + "`i-55a1`" + `, bare metal, 10.0.3.17)"},
  {"type":"mrkdwn","text":"*Listener*\nhttps-443 (` + "`lst-8f2c`" + `, TCP 443) on api-lb"},{"type":"mrkdwn",
   "text":"*Ports · weight*\n8080 · 50 (about 20 % of new connections)"},
  {"type":"mrkdwn","text":"*Requested by*\n<@U0ANA>"},{"type":"mrkdwn",
   "text":"*Reason*\ninc-2041 add capacity"},
  {"type":"mrkdwn","text":"*Posted*\n<!date^1795430064^{time_secs}|10:34:24> (10:34:24 UTC)"},
   {"type":"mrkdwn","text":"*Request ID*\n` + "`T05992D0C-6A1B`" + `"}]},
 {"type":"section","text":{"type":"mrkdwn",
  "text":"*Status at Zenlayer:* ` + "`Available`" + ` (read <!date^1795430066^{time_secs}|10:34:26>)"}},
 {"type":"context","elements":[{"type":"mrkdwn","text":"LBR-7F3KQ2"}]}]`

// formView is a form with one of each kind of field.
const formView = `{"type":"modal","callback_id":"lb_register","notify_on_close":true,
 "title":{"type":"plain_text","text":"Add server"},"submit":{"type":"plain_text","text":"Check"},
  "close":{"type":"plain_text","text":"Cancel"},
 "blocks":[
 {"type":"alert","level":"warning","text":{"type":"plain_text",
  "text":"Zenlayer did not answer in time. You can type IDs; they will be checked before anything is sent."}},
 {"type":"input","block_id":"listener","label":{"type":"plain_text","text":"Listener"},"hint":{"type":"plain_text",
  "text":"Only listeners you may change are listed."},"element":{"type":"plain_text_input","action_id":"v",
   "initial_value":"lst-8f2c","placeholder":{"type":"plain_text","text":"lst-…"}}},
 {"type":"input","block_id":"kind","label":{"type":"plain_text","text":"Type"},"element":{"type":"static_select",
  "action_id":"v","initial_option":{"text":{"type":"plain_text","text":"Bare metal"},"value":"bm"},
   "options":[{"text":{"type":"plain_text","text":"Bare metal"},"value":"bm"},{"text":{"type":"plain_text",
    "text":"Virtual machine"},"value":"vm"}]}},
 {"type":"input","block_id":"weight","optional":true,"label":{"type":"plain_text","text":"Weight (1 to 100)"},
  "hint":{"type":"plain_text","text":"Leave empty for Zenlayer's default."},"element":{"type":"number_input",
   "is_decimal_allowed":true,"action_id":"v"}},
 {"type":"input","block_id":"reason","optional":true,"label":{"type":"plain_text","text":"Reason"},
  "hint":{"type":"plain_text","text":"Saved in the audit trail. Add the incident or ticket number."},
   "element":{"type":"plain_text_input","multiline":true,"focus_on_load":true,"action_id":"v"}},
 {"type":"actions","block_id":"look","elements":[{"type":"button","action_id":"look_pool","value":"lst-8f2c",
  "text":{"type":"plain_text","text":"Show the pool"},
  "confirm":{"title":{"type":"plain_text","text":"Look at the pool?"},"text":{"type":"plain_text",
   "text":"It only reads."},"confirm":{"type":"plain_text","text":"Look"},"deny":{"type":"plain_text","text":"No"}}}]},
 {"type":"input","block_id":"post","label":{"type":"plain_text","text":"Post the result in"},
  "element":{"type":"conversations_select","action_id":"v","default_to_current_conversation":true,
   "filter":{"include":["public","private"],"exclude_external_shared_channels":true}}},
 {"type":"input","block_id":"after","optional":true,"label":{"type":"plain_text","text":"After adding"},
  "element":{"type":"checkboxes","action_id":"v","initial_options":[{"text":{"type":"plain_text",
   "text":"Watch its status (up to 5 minutes)"},"value":"watch"}],"options":[{"text":{"type":"plain_text",
    "text":"Watch its status (up to 5 minutes)"},"value":"watch"}]}}]}`

// poolView is a form without fields, opened on top of formView.
const poolView = `{"type":"modal","title":{"type":"plain_text","text":"The pool"},"close":{"type":"plain_text",
  "text":"Back"},
 "blocks":[{"type":"section","text":{"type":"mrkdwn","text":"*4 servers* now."}}]}`
