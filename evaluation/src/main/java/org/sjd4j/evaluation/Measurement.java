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
        return Json.text(data());
    }

    /** As data that may be added to. */
    public Map<String, Object> data() {
        var data = new LinkedHashMap<String, Object>();
        data.put("measurement", name);
        data.put("conditions", conditions);
        data.put("tables", tables.stream().map(Table::data).toList());
        return data;
    }
}
