// A bot on @slack/socket-mode and @slack/web-api.
const { SocketModeClient } = require('@slack/socket-mode');
const { WebClient } = require('@slack/web-api');
const { press, form, wrong } = require('./view');

const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN: appToken, SLACK_API_URL: slackApiUrl } = process.env;
const web = new WebClient(SLACK_BOT_TOKEN, { slackApiUrl });
const socket = new SocketModeClient({ appToken, clientOptions: { slackApiUrl } });

socket.on('slash_commands', async ({ ack, body }) => {
  await ack({ text: 'Heard' });
  await fetch(body.response_url, { method: 'POST', body: JSON.stringify({ text: 'Working' }) });
  await web.chat.postMessage({ channel: body.channel_id, text: 'Press', blocks: press });
});
socket.on('interactive', async ({ ack, body }) => {
  if (body.type === 'block_actions') {
    await ack();
    await web.views.open({ trigger_id: body.trigger_id, view: form });
    return;
  }
  const host = body.view.state.values.host.name.value;
  if (host === 'none') {
    await ack(wrong);
    return;
  }
  await ack();
  await web.chat.postMessage({ channel: 'C0OPS', text: `Deployed to ${host}` });
});
socket.on('app_mention', async ({ ack, event }) => {
  await ack();
  await web.chat.postMessage({ channel: event.channel, text: 'You called' });
});
socket.start();
