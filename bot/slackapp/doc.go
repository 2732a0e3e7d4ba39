// Package slackapp is the bot's edge towards Slack: it turns envelopes into
// questions for package operation, and answers and operations into acks,
// views and messages. It is the only importer of slack-go.
//
// It promises exactly one ack for every envelope on every path, a panic
// included; that an ack which says "accepted" is written only after Intake
// returned an accepted operation; one card for an operation, edited in place;
// and that nothing a person typed reaches Slack as markup.
//
// App owns the work on envelopes and Board the delivery of cards, each until
// its Close, which returns when their goroutines have ended. Package socket
// owns the connections.
//
// It must not know SQL, the Zenlayer client, or whether somebody is allowed.
package slackapp
