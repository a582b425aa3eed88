// The server's events: heard in order, each once, whatever happens to the connection.
//
// The id of the last event says how far the page has been told; a new connection goes on from there. A stream that
// has gone silent counts as lost, and one that nobody looks at is let go until somebody does.

const RETRY = 1000; // milliseconds
const SILENT = 8000;

export function listen(handlers, tell) {
  let last = "";
  let source = null;
  let timer = null;
  let heard = Date.now();

  function connect() {
    clearTimeout(timer);
    heard = Date.now();
    source = new EventSource(last ? `events?after=${encodeURIComponent(last)}` : "events");
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        heard = Date.now();
        if (event.lastEventId) last = event.lastEventId;
        handle(JSON.parse(event.data));
      });
    }
    source.onopen = () => { heard = Date.now(); tell(true); };
    source.onerror = lose;
  }

  function lose() {
    if (source) source.close();
    source = null;
    tell(false);
    clearTimeout(timer);
    timer = setTimeout(connect, RETRY);
  }

  setInterval(() => { if (source && Date.now() - heard > SILENT) lose(); }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      if (source) source.close();
      source = null;
      clearTimeout(timer);
    } else if (!source) connect();
  });
  connect();
  return { heard: () => heard };
}
