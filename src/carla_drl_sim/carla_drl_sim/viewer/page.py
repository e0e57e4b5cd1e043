"""The page: one document without anything from elsewhere."""

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>carla_drl_sim</title>
<style>
html, body { margin: 0; height: 100%; background: #20242a; color: #e6e6e6; font: 13px system-ui, sans-serif; }
canvas { display: block; width: 100vw; height: 100vh; cursor: grab; }
#info { position: fixed; top: 8px; left: 8px; padding: 8px 10px; background: #000a; border-radius: 6px;
  white-space: pre; pointer-events: none; line-height: 1.45; }
#help { position: fixed; bottom: 8px; left: 8px; color: #9aa4b0; pointer-events: none; }
</style></head><body>
<canvas id="view"></canvas><div id="info">waiting for the simulator</div>
<div id="help">drag: move &middot; wheel: zoom &middot; click a vehicle: follow it &middot; Esc: leave it &middot; H: whole map</div>
<script>
"use strict";
const canvas = document.getElementById("view"), pen = canvas.getContext("2d");
const info = document.getElementById("info");
const LANES = {driving: "#4a4f57", sidewalk: "#8d8f91", shoulder: "#5b5e61", parking: "#585c68", median: "#5d6b52",
  bidirectional: "#4a4f57", biking: "#6d4f4a", border: "#5b5e61", none: null};
const PARTS = {3: "#6c5d53", 9: "#3f6b3f", 4: "#77706a", 5: "#77706a", 26: "#55595f", 20: "#7d7355"};
const LIGHTS = {red: "#ff4136", yellow: "#ffdc00", green: "#2ecc40", off: "#555", unknown: "#555"};
let map = null, world = null, scale = 1, centre = [0, 0], followed = null, asked = -1, paths = [];

async function fetchMap(episode) {
  asked = episode;
  const answer = await fetch("map.json?episode=" + episode);
  if (!answer.ok) { asked = -1; return; }
  map = await answer.json();
  const make = (entries, colors) => {
    const found = new Map();
    for (const [kind, points] of entries) {
      const color = kind in colors ? colors[kind] : "#55595f";
      if (!color) continue;
      if (!found.has(color)) found.set(color, new Path2D());
      const path = found.get(color);
      path.moveTo(points[0], points[1]);
      for (let i = 2; i < points.length; i += 2) path.lineTo(points[i], points[i + 1]);
      path.closePath();
    }
    return [...found];
  };
  const order = (entry) => entry[0] === "driving" ? 1 : 0;
  paths = [...make([...map.lanes].sort((a, b) => order(a) - order(b)), LANES), ...make(map.parts, PARTS)];
  whole();
}

function whole() {
  if (!map) return;
  const [x0, y0, x1, y1] = map.bounds;
  centre = [(x0 + x1) / 2, (y0 + y1) / 2];
  scale = Math.min(innerWidth / (x1 - x0), innerHeight / (y1 - y0));
  followed = null;
}

function box(actor, color) {
  const [, , x, y, yaw, halfLength, halfWidth] = actor;
  pen.save();
  pen.translate(x, y);
  pen.rotate(yaw * Math.PI / 180);
  const least = 3 / scale;
  const length = Math.max(halfLength, least), width = Math.max(halfWidth, least);
  pen.fillStyle = color;
  pen.fillRect(-length, -width, 2 * length, 2 * width);
  pen.fillStyle = "#fffc";
  pen.fillRect(length * 0.55, -width * 0.8, length * 0.25, width * 1.6);
  pen.restore();
}

function dot(x, y, radius, color) {
  pen.fillStyle = color;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.fill();
}

function shape([kind, points, yaw, size, text, color]) {
  pen.strokeStyle = pen.fillStyle = `rgb(${color})`;
  pen.lineWidth = Math.max(size, 1.5 / scale);
  const [a, b] = points;
  if (kind === "point") dot(a[0], a[1], Math.max(size, 3 / scale), pen.fillStyle);
  else if (kind === "text") { pen.font = `${13 / scale}px sans-serif`; pen.fillText(text, a[0], a[1]); }
  else if (kind === "box") {
    pen.save(); pen.translate(a[0], a[1]); pen.rotate(yaw * Math.PI / 180);
    pen.strokeRect(-b[0], -b[1], 2 * b[0], 2 * b[1]); pen.restore();
  } else {
    pen.beginPath(); pen.moveTo(a[0], a[1]); pen.lineTo(b[0], b[1]);
    if (kind === "arrow") {
      const way = Math.atan2(b[1] - a[1], b[0] - a[0]), head = 8 / scale;
      for (const turn of [2.6, -2.6]) {
        pen.moveTo(b[0], b[1]); pen.lineTo(b[0] + head * Math.cos(way + turn), b[1] + head * Math.sin(way + turn));
      }
    }
    pen.stroke();
  }
}

function draw() {
  requestAnimationFrame(draw);
  const ratio = devicePixelRatio || 1;
  canvas.width = innerWidth * ratio;
  canvas.height = innerHeight * ratio;
  const sun = world ? world.weather["sun altitude"] : 45;
  pen.fillStyle = sun < 0 ? "#161b17" : "#2b3a2c";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (!world) return;
  const target = world.actors.find((actor) => actor[0] === followed);
  if (target) centre = [target[2], target[3]];
  pen.setTransform(scale * ratio, 0, 0, scale * ratio, canvas.width / 2 - centre[0] * scale * ratio,
    canvas.height / 2 - centre[1] * scale * ratio);
  for (const [color, path] of paths) { pen.fillStyle = color; pen.fill(path); }
  for (const actor of world.actors) {
    const [id, type, x, y, , , , , state] = actor;
    if (type === "traffic.traffic_light") dot(x, y, Math.max(1, 3 / scale), LIGHTS[state]);
    else if (type.startsWith("vehicle."))
      box(actor, id === followed ? "#ff9f1c" : state === "hero" || state === "ego_vehicle" ? "#f25f5c" : "#3d9be9");
    else if (type.startsWith("walker.")) dot(x, y, Math.max(0.4, 2.5 / scale), "#ffd166");
    else if (type.startsWith("static.")) box(actor, "#b08968");
  }
  world.shapes.forEach(shape);
  pen.setTransform(1, 0, 0, 1, 0, 0);
  const count = (prefix) => world.actors.filter((actor) => actor[1].startsWith(prefix)).length;
  const weather = Object.entries(world.weather).map(([name, value]) => `${name} ${value}`).join("  ");
  info.textContent = `${world.map}   frame ${world.frame}   ${world.time.toFixed(2)} s   ${world.mode}\\n` +
    `${world.rate} ticks/s   ${count("vehicle.")} vehicles   ${count("walker.")} walkers   ${world.shapes.length} shapes\\n` +
    weather + (target ? `\\n#${target[0]} ${target[1]}   ${(target[7] * 3.6).toFixed(1)} km/h` : "");
}

const place = (event) => [(event.clientX - innerWidth / 2) / scale + centre[0],
  (event.clientY - innerHeight / 2) / scale + centre[1]];
let held = null;
canvas.onpointerdown = (event) => { held = [event.clientX, event.clientY, ...centre, false]; };
window.onpointermove = (event) => {
  if (!held) return;
  const [x, y, cx, cy] = held;
  if (Math.hypot(event.clientX - x, event.clientY - y) > 4) { held[4] = true; followed = null; }
  if (held[4]) centre = [cx - (event.clientX - x) / scale, cy - (event.clientY - y) / scale];
};
window.onpointerup = (event) => {
  if (held && !held[4] && world) {
    const [x, y] = place(event);
    const near = world.actors.filter((actor) => actor[1].startsWith("vehicle.") || actor[1].startsWith("walker."))
      .map((actor) => [Math.hypot(actor[2] - x, actor[3] - y), actor[0]]).sort((a, b) => a[0] - b[0])[0];
    if (near && near[0] < Math.max(5, 12 / scale)) { followed = near[1]; scale = Math.max(scale, 6); }
  }
  held = null;
};
canvas.onwheel = (event) => {
  event.preventDefault();
  const before = place(event);
  scale = Math.min(60, Math.max(0.05, scale * Math.exp(-event.deltaY * 0.0015)));
  const after = place(event);
  if (followed === null) centre = [centre[0] + before[0] - after[0], centre[1] + before[1] - after[1]];
};
window.onkeydown = (event) => {
  if (event.key === "Escape") followed = null;
  if (event.key === "h" || event.key === "H") whole();
};
const events = new EventSource("events");
events.onmessage = (event) => {
  world = JSON.parse(event.data);
  if (world.episode !== asked) fetchMap(world.episode);
};
events.onerror = () => { info.textContent = "the simulator does not answer"; };
draw();
</script></body></html>
"""
