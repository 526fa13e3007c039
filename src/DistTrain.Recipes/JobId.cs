namespace DistTrain.Recipes;

/// <summary>
/// The rules of a job's id: lower-case letters, digits and dashes, first a letter or digit, at most
/// <see cref="MaximumLength"/> characters. So an id serves as a folder name, a URL segment and a Kubernetes label as it is.
/// </summary>
public static class JobId
{
    /// <summary>Characters in an id, at most.</summary>
    public const int MaximumLength = 63;

    /// <summary>Characters in <c>metadata.name</c>, at most; the rest of an id made from it tells jobs of one name apart.</summary>
    public const int MaximumNameLength = 40;

    public static bool IsValid(string id) => HasShape(id, MaximumLength);

    /// <summary>True when <paramref name="name"/> may stand as <c>metadata.name</c>: an id, but shorter.</summary>
    public static bool IsValidName(string name) => HasShape(name, MaximumNameLength);

    private static bool HasShape(string text, int maximum) =>
        text.Length >= 1
        && text.Length <= maximum
        && text[0] != '-'
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
