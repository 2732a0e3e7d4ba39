package bot

import "lbbot/bot/slackapp/render/home"

// homeState is how the bot is, as its owners see it on their Home tab.
func (b *Bot) homeState() home.State {
	var s home.State
	if b.socket != nil {
		at := b.socket.Status()
		s.Connections, s.Since = at.Live, at.Since
	}
	policy := b.gate.Status()
	s.Policy, s.Problem = policy.Digest, policy.Problem != nil
	_, s.ListsReadAt = b.catalog.Snapshot()
	return s
}
