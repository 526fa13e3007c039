using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// The lines of a text that have a token, each an example. Where next tokens are to be told, it goes from the end of the line before it on, so that its
/// first token is told from that end alone, to the token before its own end, which is the last label. Where tokens are hidden, it is the line's.
/// Whatever a line ends with in the file (LF, CR and LF, the file's end) is LF here.
/// </summary>
/// <param name="Tokens">LF, and each line with its LF behind it; where tokens are hidden without any LF.</param>
/// <param name="Origins">Of each token its place in the file; of an LF that the file does not have that of what is there instead.</param>
/// <param name="Starts">Of each example its first token.</param>
/// <param name="Lengths">Of each example its tokens.</param>
internal sealed record TextLines(List<int> Tokens, List<int> Origins, int[] Starts, int[] Lengths)
{
    private const int End = '\n';

    /// <param name="path">The file, for messages.</param>
    /// <param name="text">Its tokens.</param>
    /// <param name="recipe">Says how long an example may be, and what is told of it.</param>
    /// <exception cref="DatasetException">There is no such line, or one that is too long.</exception>
    public static TextLines Of(string path, List<int> text, DatasetRecipe recipe)
    {
        var ends = recipe.Masking is null ? 1 : 0;
        var (tokens, origins) = (new List<int>(), new List<int>());
        var (starts, lengths) = (new List<int>(), new List<int>());
        AddEnd(0);
        var (tooLong, longest, longestLine, line) = (0, 0, 0, 0);
        for (var from = 0; from < text.Count; line++)
        {
            var to = text.IndexOf(End, from) is var found and >= 0 ? found : text.Count;
            var length = to - from - (to > from && text[to - 1] == '\r' ? 1 : 0);
            if (length > 0)
            {
                starts.Add(tokens.Count - ends);
                lengths.Add(length + ends);
                tokens.AddRange(text.GetRange(from, length));
                origins.AddRange(Enumerable.Range(from, length));
                AddEnd(Math.Min(to, text.Count - 1));
                tooLong += length + ends > recipe.Context ? 1 : 0;
                if (length > longest)
                    (longest, longestLine) = (length, line + 1);
            }

            from = to + 1;
        }

        if (starts.Count == 0)
            throw new DatasetException($"{path}: expected a line with a character, as dataset.documents: padded makes an example of each, found none. Give more text.");
        if (tooLong > 0)
        {
            throw new DatasetException(
                $"{path}: expected lines of at most {recipe.Context - ends} {recipe.Tokens}{(ends > 0 ? ", which with their end are dataset.context" : ", as dataset.context says")}, found {tooLong} that are longer; the longest is line {longestLine} with {longest}. Raise dataset.context to {longest + ends}, or split them.");
        }

        return new TextLines(tokens, origins, [.. starts], [.. lengths]);

        void AddEnd(int origin)
        {
            if (ends == 0)
                return;
            tokens.Add(End);
            origins.Add(origin);
        }
    }
}
