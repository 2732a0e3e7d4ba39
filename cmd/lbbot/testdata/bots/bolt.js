// A bot on @slack/bolt.
const { App } = require('@slack/bolt');
const { press, form, wrong } = require('./view');

const { SLACK_BOT_TOKEN: token, SLACK_APP_TOKEN: appToken, SLACK_API_URL: slackApiUrl } = process.env;
const app = new App({ token, appToken, socketMode: true, clientOptions: { slackApiUrl } });

app.command('/deploy', async ({ ack, client, command, respond }) => {
  await ack({ text: 'Heard' });
  await respond('Working');
  await client.chat.postMessage({ channel: command.channel_id, text: 'Press', blocks: press });
});
app.action('go', async ({ ack, client, body }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: form });
});
app.view('deploy', async ({ ack, client, view }) => {
  const host = view.state.values.host.name.value;
  if (host === 'none') {
    await ack(wrong);
    return;
  }
  await ack();
  await client.chat.postMessage({ channel: 'C0OPS', text: `Deployed to ${host}` });
});
app.event('app_mention', async ({ client, event }) => {
  await client.chat.postMessage({ channel: event.channel, text: 'You called' });
});
app.start();
