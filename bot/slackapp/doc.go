// Package slackapp is the bot's edge towards Slack: it turns envelopes into
// questions for package operation, and answers and operations into acks,
// views and messages. It is the only importer of slack-go.
//
// It promises exactly one ack for every envelope on every path, a panic
// included; that an ack which says "accepted" is written only after Intake
// returned an accepted operation; one card for an operation, edited in place;
// and that nothing a person typed reaches Slack as markup.
//
// App.Run owns the connections and the work on envelopes, Board.Run the
// delivery of cards; both return when their goroutines have ended.
//
// It must not know SQL, the Zenlayer client, or whether somebody is allowed.
package slackapp
