/* What the console does in the browser: draws figures, opens a bill's explanation, copies a number, jumps to search. */
(function () {
    "use strict";

    let plotly = null;

    function fetchPlotly(address) {
        plotly ??= new Promise((resolve, reject) => {
            const script = document.createElement("script");
            script.src = address;
            script.onload = () => resolve(window.Plotly);
            script.onerror = () => reject(new Error("Plotly is missing: " + address));
            document.head.append(script);
        });
        return plotly;
    }

    function themed(layout) {
        const look = getComputedStyle(document.documentElement);
        const ink = look.getPropertyValue("--zk-dim").trim();
        const line = look.getPropertyValue("--zk-line").trim();
        const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, fixedrange: true };
        const full = {
            paper_bgcolor: "rgba(0,0,0,0)",
            plot_bgcolor: "rgba(0,0,0,0)",
            font: { family: look.fontFamily, size: 12, color: ink },
            margin: { l: 8, r: 8, t: 8, b: 8, pad: 4 },
            hovermode: "closest",
            legend: { orientation: "h", x: 0, y: 1.12, font: { color: ink } },
            ...layout,
        };
        for (const name of ["xaxis", "yaxis", "yaxis2"]) {
            if (name in full || name !== "yaxis2") {
                full[name] = { ...axis, ...full[name] };
                if (full[name].title) {
                    full[name].title = { standoff: 6, font: { size: 11, color: ink }, ...full[name].title };
                }
            }
        }
        return full;
    }

    async function draw(place) {
        const source = place.querySelector('script[type="application/json"]');
        if (!source || place.dataset.drawn) {
            return;
        }
        place.dataset.drawn = "1";
        const figure = JSON.parse(source.textContent);
        const library = await fetchPlotly(place.dataset.plotly);
        await library.newPlot(place, figure.data, themed(figure.layout), { displayModeBar: false, responsive: true });
    }

    function drawAll(root) {
        root.querySelectorAll(".zk-figure").forEach(draw);
    }

    // on a phone the row of tabs is wider than the page: the open one is brought into it
    function showTab() {
        const tab = document.querySelector('.zk-tabs [aria-selected="true"]');
        if (tab) {
            tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.clientWidth) / 2;
        }
    }

    function repaint() {
        document.querySelectorAll(".zk-figure.js-plotly-plot").forEach((place) => {
            const source = place.querySelector('script[type="application/json"]');
            const figure = JSON.parse(source.textContent);
            window.Plotly.react(place, figure.data, themed(figure.layout));
        });
    }

    function onClick(event) {
        const expand = event.target.closest(".zk-expand");
        if (expand) {
            const row = document.getElementById(expand.getAttribute("aria-controls"));
            row.hidden = !row.hidden;
            expand.setAttribute("aria-expanded", String(!row.hidden));
        }
        const copy = event.target.closest(".zk-copy");
        if (copy && navigator.clipboard) {
            navigator.clipboard.writeText(copy.dataset.copy).then(() => copy.classList.add("zk-copied"));
        }
        const print = event.target.closest("[data-print]");
        if (print) {
            window.print();
        }
    }

    function onKey(event) {
        const box = document.querySelector("#zk-search input");
        const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
        if (event.key === "/" && box && !typing) {
            event.preventDefault();
            box.focus();
        }
        if (event.key === "Escape" && box && event.target === box) {
            box.blur();
        }
        if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest?.("#zk-search")) {
            const stops = [box, ...document.querySelectorAll("#zk-found a")];
            const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
            if (stops[next]) {
                event.preventDefault();
                stops[next].focus();
            }
        }
    }

    function onChange(event) {
        if (event.target.matches("[data-submit]") && event.target.value !== undefined) {
            event.target.form.requestSubmit();
        }
    }

    // the frame writes a chosen file's name into the text field of its own upload box, which our forms do not have
    function keepFromFrame(event) {
        if (event.target.matches(".zk-form input[type=file]")) {
            event.stopPropagation();
        }
    }

    document.addEventListener("change", keepFromFrame, true);
    document.addEventListener("DOMContentLoaded", () => {
        drawAll(document);
        showTab();
        document.body.addEventListener("htmx:load", (event) => {
            drawAll(event.detail.elt);
            showTab();
        });
        new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["class"] });
    });
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    document.addEventListener("change", onChange);
})();
