/** The training loop: optimizer, schedule, checkpoints, runs that go on, work in parallel. */
@NullMarked
package org.sjd4j.training.loop;

import org.jspecify.annotations.NullMarked;
