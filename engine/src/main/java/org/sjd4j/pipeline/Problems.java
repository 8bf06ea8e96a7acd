package org.sjd4j.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.sjd4j.tensor.CheckpointException;

/** What is wrong with the parts of a checkpoint. */
final class Problems {
    private Problems() {}

    /** The messages of the checks that fail. */
    static List<String> of(Runnable... checks) {
        var problems = new ArrayList<String>();
        for (Runnable check : checks) {
            try {
                check.run();
            } catch (CheckpointException e) {
                problems.add(e.getMessage());
            }
        }
        return problems;
    }
}
