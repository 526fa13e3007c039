namespace DistTrain.Recipes.Documents;

/// <summary>Where a part of the document was written, so that each problem can say so.</summary>
/// <param name="Source">The file as the user named it, or <c>--set path=value</c>.</param>
/// <param name="Line">Line in the file, from 1; null for overrides and defaults.</param>
/// <param name="IsOverride">True when it comes from <c>--set</c>, which wins over the file.</param>
internal sealed record Origin(string Source, int? Line, bool IsOverride)
{
    /// <summary>The origin of an override given as <c>path=value</c>.</summary>
    public static Origin OfOverride(string text) => new($"--set {text}", null, IsOverride: true);
}
