// Remembers how a visitor looks at charts that are drawn anew: zoomed axes and hidden series.
// Streamlit puts a new chart in the place of one whose numbers changed, so the page's session has
// to know the view in order to draw the new one with it.

const AXIS = /^([xy]axis\d*)\.(?:range|autorange)/;

export default function ({ data, setStateValue }) {
  // A chart's listeners outlive this call, so all calls share what they note.
  const shared = (window.adarecKeptView ??= {});
  if (shared.scope !== data.scope) Object.assign(shared, { scope: data.scope, views: data.views });
  shared.tell = () => setStateValue("views", structuredClone(shared.views));

  const viewOf = (key, chart) => {
    const title = (chart.layout.title?.text ?? "").replace(/<[^>]*>/g, "");
    if (shared.views[key]?.title !== title) shared.views[key] = { title, ranges: {}, hidden: [] };
    return shared.views[key];
  };

  const noteAxes = (key, chart, changed) => {
    const names = Object.keys(changed).map((name) => AXIS.exec(name)?.[1]);
    const axes = new Set(names.filter(Boolean));
    const { ranges } = viewOf(key, chart);
    for (const axis of axes) {
      if (chart.layout[axis].autorange) delete ranges[axis];
      else ranges[axis] = [...chart.layout[axis].range];
    }
    if (axes.size) shared.tell();
  };

  const noteHidden = (key, chart) => {
    const hidden = chart.data.filter((line) => line.visible === "legendonly");
    viewOf(key, chart).hidden = [...new Set(hidden.map((line) => line.name))];
    shared.tell();
  };

  const listen = () => {
    for (const key of data.keys) {
      for (const chart of document.querySelectorAll(`.st-key-${key} .js-plotly-plot`)) {
        if (chart.adarecListens || !chart.on) continue;
        chart.adarecListens = true;
        chart.on("plotly_relayout", (changed) => noteAxes(key, chart, changed));
        chart.on("plotly_restyle", () => noteHidden(key, chart));
      }
    }
  };

  clearInterval(shared.timer);
  shared.timer = setInterval(listen, 200);
  return () => clearInterval(shared.timer);
}
