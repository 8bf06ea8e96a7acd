package org.sjd4j.evaluation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tables of figures and what they hold for.
 *
 * @param name short name, such as {@code steps}
 * @param conditions model, sampling, machine and whatever else the figures depend on, in order
 * @param tables the figures
 */
public record Measurement(String name, Map<String, Object> conditions, List<Table> tables) {
    /** As Markdown: the conditions in one paragraph, then the tables. */
    public String markdown() {
        String setting = conditions.entrySet().stream()
                .map(condition -> condition.getKey().replace('_', ' ') + ": " + condition.getValue())
                .collect(Collectors.joining("; "));
        return "## " + name + "\n\n" + setting + ".\n\n"
                + tables.stream().map(Table::markdown).collect(Collectors.joining("\n"));
    }

    /** As one JSON object. */
    public String json() {
        var json = new LinkedHashMap<String, Object>();
        json.put("measurement", name);
        json.put("conditions", conditions);
        json.put("tables", tables.stream().map(Table::data).toList());
        return Json.text(json);
    }
}
