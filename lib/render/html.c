/* SPDX-License-Identifier: MIT */
#include "render/html.h"

#include "render/markup.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define LIGHT \
	":root{color-scheme:light;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d5dae1;--heat:#56b4e9;" \
	"--s1:#0072b2;--s2:#d55e00;--s3:#007a59;--s4:#8c5a99}\n"
#define DARK \
	":root{color-scheme:dark;--bg:#14171b;--fg:#e6e8eb;--dim:#9aa4b0;--line:#39414b;--heat:#0072b2;" \
	"--s1:#56b4e9;--s2:#e69f00;--s3:#2bc59a;--s4:#cc79a7}\n"

/* Colours: Okabe and Ito's, told apart by every kind of colour vision. Nothing here may need escaping in XML. */
static const char style[] =
	LIGHT "@media (prefers-color-scheme:dark){\n" DARK "}\n"
	"@media print{\n" LIGHT "main{max-width:none;padding:0}h2{break-after:avoid}figure,tr{break-inside:avoid}"
	".wide{overflow:visible}table{font-size:8pt}}\n"
	"body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}\n"
	"main{max-width:76rem;margin:0 auto;padding:1rem 1.25rem 3rem}\n"
	"h1{font-size:1.5rem}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}p{max-width:60rem;margin:.4rem 0}\n"
	".wide{overflow-x:auto}table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}\n"
	"th,td{padding:.18rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}\n"
	"th:first-child{text-align:left}tbody th{font-weight:500}td small{display:block;line-height:1.1}\n"
	"small,figcaption,.none{color:var(--dim)}\n"
	"figure{display:inline-block;vertical-align:top;margin:.6rem 1.2rem .6rem 0;max-width:100%;overflow-x:auto}\n"
	"figcaption{font-size:.87rem;max-width:34rem}svg{display:block;max-width:100%;height:auto}\n"
	"svg text{fill:var(--fg);font:12px system-ui,sans-serif}svg .dim{fill:var(--dim)}\n"
	"svg .m{text-anchor:middle}svg .e{text-anchor:end}svg .b{font-weight:600}\n"
	"line,path{fill:none;stroke:var(--fg);stroke-width:1}.grid{stroke:var(--line)}.axis{stroke:var(--dim)}\n"
	".guide{stroke:var(--dim);stroke-dasharray:4 4}.heat{fill:var(--heat);stroke:var(--line)}\n"
	"rect,polygon,circle{stroke:none}line.s1,path.s1{stroke:var(--s1);stroke-width:2}\n"
	"line.s2,path.s2{stroke:var(--s2);stroke-width:2}line.s3,path.s3{stroke:var(--s3);stroke-width:2}\n"
	"line.s4,path.s4{stroke:var(--s4);stroke-width:2}path.s2,line.s2.ref{stroke-dasharray:7 4}\n"
	"path.s3{stroke-dasharray:2 3}.ref{opacity:.55}circle.s1,polygon.s1,rect.s1{fill:var(--s1)}\n"
	"circle.s2,polygon.s2,rect.s2{fill:var(--s2)}circle.s3,polygon.s3,rect.s3{fill:var(--s3)}\n"
	"circle.s4,polygon.s4,rect.s4{fill:var(--s4)}\n";

void slo_html_begin(struct slo_buf *out, const char *title)
{
	slo_buf_adds(out, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
			  "<meta charset=\"utf-8\"/>\n"
			  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
			  "<meta http-equiv=\"Content-Security-Policy\" "
			  "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
			  "<title>");
	slo_markup_add(out, slo_str(title));
	slo_buf_adds(out, "</title>\n<style>\n");
	slo_buf_adds(out, style);
	slo_buf_adds(out, "</style>\n</head>\n<body>\n<main>\n<h1>");
	slo_markup_add(out, slo_str(title));
	slo_buf_adds(out, "</h1>\n");
}

void slo_html_end(struct slo_buf *out)
{
	slo_buf_adds(out, "</main>\n</body>\n</html>\n");
}

void slo_html_section(struct slo_buf *out, const char *title)
{
	slo_buf_adds(out, "<section>\n<h2>");
	slo_markup_add(out, slo_str(title));
	slo_buf_adds(out, "</h2>\n");
}

void slo_html_section_end(struct slo_buf *out)
{
	slo_buf_adds(out, "</section>\n");
}

void slo_html_paraf(struct slo_buf *out, const char *fmt, ...)
{
	va_list args;

	slo_buf_adds(out, "<p>");
	va_start(args, fmt);
	slo_markup_addv(out, fmt, args);
	va_end(args);
	slo_buf_adds(out, "</p>\n");
}

void slo_html_figure(struct slo_buf *out)
{
	slo_buf_adds(out, "<figure>\n");
}

void slo_html_figure_end(struct slo_buf *out, const char *caption)
{
	slo_buf_adds(out, "<figcaption>");
	slo_markup_add(out, slo_str(caption));
	slo_buf_adds(out, "</figcaption>\n</figure>\n");
}

void slo_html_table(struct slo_buf *out, const char *const *heads, size_t n)
{
	slo_buf_adds(out, "<div class=\"wide\"><table>\n<thead><tr>");
	for (size_t i = 0; i < n; i++) {
		slo_buf_adds(out, "<th scope=\"col\">");
		slo_markup_add(out, slo_str(heads[i]));
		slo_buf_adds(out, "</th>");
	}
	slo_buf_adds(out, "</tr></thead>\n<tbody>\n");
}

void slo_html_table_end(struct slo_buf *out)
{
	slo_buf_adds(out, "</tbody>\n</table></div>\n");
}

static void add_tip(struct slo_buf *out, const char *tip)
{
	if (!tip)
		return;
	slo_buf_adds(out, " title=\"");
	slo_markup_add(out, slo_str(tip));
	slo_buf_addc(out, '"');
}

void slo_html_row(struct slo_buf *out, const char *name, const char *tip)
{
	slo_buf_adds(out, "<tr><th scope=\"row\"");
	add_tip(out, tip);
	slo_buf_addc(out, '>');
	slo_markup_add(out, slo_str(name));
	slo_buf_adds(out, "</th>");
}

void slo_html_row_end(struct slo_buf *out)
{
	slo_buf_adds(out, "</tr>\n");
}

void slo_html_cellf(struct slo_buf *out, const char *fmt, ...)
{
	va_list args;

	slo_buf_adds(out, "<td>");
	va_start(args, fmt);
	slo_markup_addv(out, fmt, args);
	va_end(args);
	slo_buf_adds(out, "</td>");
}

void slo_html_estimate(struct slo_buf *out, double v, double lo, double hi, const char *why)
{
	bool known = isfinite(lo) && isfinite(hi);

	slo_buf_adds(out, "<td");
	add_tip(out, known ? NULL : why);
	slo_buf_addc(out, '>');
	if (isfinite(v))
		slo_buf_addf(out, "%.3f", v);
	else
		slo_buf_adds(out, "<span class=\"none\">–</span>");
	if (isfinite(v) && known)
		slo_buf_addf(out, " <small>[%.3f, %.3f]</small>", lo, hi);
	slo_buf_adds(out, "</td>");
}

void slo_html_data(struct slo_buf *out, const char *id, const char *json)
{
	slo_buf_adds(out, "<script type=\"application/json\" id=\"");
	slo_markup_add(out, slo_str(id));
	slo_buf_adds(out, "\">");
	while (*json) {
		size_t n = strcspn(json, "<>&");

		slo_buf_add(out, json, n);
		json += n;
		if (*json)
			slo_buf_addf(out, "\\u%04x", (unsigned int)(unsigned char)*json++);
	}
	slo_buf_adds(out, "</script>\n");
}
