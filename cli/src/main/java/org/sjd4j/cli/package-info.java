/** The {@code sjd} command: one class per subcommand, and the way their failures become one line and an exit code. */
@NullMarked
package org.sjd4j.cli;

import org.jspecify.annotations.NullMarked;
