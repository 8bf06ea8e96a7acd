package org.sjd4j.family;

import java.util.LinkedHashSet;
import java.util.List;
import org.sjd4j.tensor.CheckpointException;

/** What is wrong with the parts of a checkpoint. */
public final class Problems {
    private Problems() {}

    /** The messages of the checks that fail, each once. */
    public static List<String> of(Runnable... checks) {
        var problems = new LinkedHashSet<String>();
        for (Runnable check : checks) {
            try {
                check.run();
            } catch (CheckpointException e) {
                problems.add(e.getMessage());
            }
        }
        return List.copyOf(problems);
    }
}
