// Put into the page before its own scripts: when the room is drawn, and how long each frame keeps the main thread.
globalThis.probe = (() => {
  const real = globalThis.requestAnimationFrame.bind(globalThis);
  const { port1, port2 } = new MessageChannel();
  const found = { frames: [], scripts: [], long: 0, epochs: 0 };
  const room = () => document.querySelector("lab-room");
  let [on, begun, script, seq, folded, drawn] = [false, 0, 0, 0, 0, 0];
  let tell = null;
  const done = new Promise((resolve) => { tell = resolve; });

  port1.onmessage = () => { // it comes when the frame is painted
    if (on && begun) {
      found.frames.push(performance.now() - begun);
      found.scripts.push(script);
    }
    begun = 0;
  };

  /** Lit and uPlot draw in microtasks after the callback, and before the next one: that one sees their end. */
  globalThis.requestAnimationFrame = (callback) => {
    const id = real((now) => {
      begun ||= performance.now();
      callback(now);
    });
    real(() => {
      script = performance.now() - begun;
      port2.postMessage(null);
    });
    return id;
  };

  new PerformanceObserver((list) => { if (on) found.long += list.getEntries().length; }).observe({ type: "longtask" });

  /** Every chart has its canvas and a value in its legend, the tree has beads. */
  function complete() {
    const charts = [...document.querySelectorAll("lab-chart")];
    const ready = (chart) => chart.querySelector(".plot canvas") && /\d/.test(chart.querySelector(".value")?.textContent);
    return charts.length > 0 && charts.every(ready) && document.querySelector("lab-tree [data-stop]");
  }

  function look() {
    if (room()?.state) folded ||= performance.now();
    if (complete()) real(() => setTimeout(() => tell(drawn = performance.now())));
    else real(look);
  }
  real(look);

  return {
    done,
    /** Milliseconds since the navigation began. */
    steps() {
      const [page] = performance.getEntriesByType("navigation");
      const snapshot = performance.getEntriesByType("resource").find(({ name }) => name.includes("/api/rooms/"));
      return { page: page.responseEnd, scripts: page.domContentLoadedEventEnd, snapshot_asked: snapshot.startTime,
        snapshot_here: snapshot.responseEnd, state: folded, drawn };
    },
    begin() {
      on = true;
      seq = room().state.seq;
      found.epochs = room().state.checkpoints.length;
    },
    end() {
      on = false;
      return { ...found, epochs: room().state.checkpoints.length - found.epochs, events: room().state.seq - seq };
    },
  };
})();
