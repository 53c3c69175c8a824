// Buttons under every figure save it as a picture (plotly's own camera knows one format only) and
// its numbers as CSV.
for (const plot of document.querySelectorAll("figure .js-plotly-plot")) {
  const figure = plot.closest("figure");
  const name = (figure.getAttribute("aria-label") || "chart").toLowerCase().replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const line = document.createElement("p");
  line.className = "save";
  for (const format of ["png", "svg"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Save as " + format.toUpperCase();
    button.onclick = () => Plotly.downloadImage(plot, { format, filename: name, scale: 2,
      width: plot.offsetWidth, height: plot.offsetHeight });
    line.append(button);
  }
  const csv = document.createElement("button");
  csv.type = "button";
  csv.textContent = "Save numbers as CSV";
  csv.onclick = () => {
    const quoted = (cell) => '"' + cell.textContent.replaceAll('"', '""') + '"';
    const rows = [...figure.querySelectorAll("details tr")].map((row) => [...row.cells].map(quoted).join(","));
    const link = document.createElement("a");
    const address = URL.createObjectURL(new Blob([rows.join("\n") + "\n"], { type: "text/csv" }));
    link.setAttribute("href", address);
    link.download = name + ".csv";
    link.click();
    URL.revokeObjectURL(address);
  };
  line.append(csv);
  figure.insertBefore(line, figure.querySelector("details"));
}
