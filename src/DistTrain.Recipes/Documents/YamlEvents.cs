using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DistTrain.Recipes.Documents;

/// <summary>The one place that runs YamlDotNet's parser, which is not to be trusted with broken text.</summary>
internal static class YamlEvents
{
    /// <summary>Sections and lists inside each other, at most.</summary>
    public const int MaximumDepth = 64;

    /// <summary>All events of <paramref name="yaml"/>, well nested, from start to end of the stream; or where and why it cannot be read.</summary>
    public static (IReadOnlyList<ParsingEvent>? Events, Mark At, string Reason) Read(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        var events = new List<ParsingEvent>();
        var open = new Stack<Collection>();
        try
        {
            while (parser.MoveNext())
            {
                var e = parser.Current!;
                events.Add(e);
                if (e is MappingEnd or SequenceEnd)
                {
                    var closed = open.Pop();
                    if (e is MappingEnd && closed.Parts % 2 != 0)
                        return (null, closed.Start, "in the section that begins here, a key or a value is missing");
                }
                else if (e is NodeEvent or AnchorAlias && open.TryPeek(out var parent))
                {
                    parent.Parts++;
                }

                if (e is MappingStart or SequenceStart)
                    open.Push(new Collection { Start = e.Start });

                // Stop at once: the parser's time grows with the square of the depth.
                if (open.Count > MaximumDepth)
                    return (null, e.Start, $"sections and lists may stand at most {MaximumDepth} deep in each other");
            }
        }
        catch (YamlException e)
        {
            return (null, e.Start, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // On some broken texts the parser throws its own inner exceptions (InvalidOperation, EndOfStream, Argument …);
            // an open bracket before a key is the likely one. Whatever it is, the text is to blame and the user can see where.
            return (null, Last(events), "it cannot be read on from here; is a bracket or a quote left open?");
        }

        return events[^1] is StreamEnd ? (events, Mark.Empty, "") : (null, Last(events), "nothing can follow here");
    }

    private static Mark Last(List<ParsingEvent> events) => events.Count == 0 ? Mark.Empty : events[^1].End;

    /// <summary>A section or list that is still open.</summary>
    private sealed class Collection
    {
        public required Mark Start { get; init; }

        /// <summary>Items so far; in a section, keys and values alike.</summary>
        public int Parts { get; set; }
    }
}
