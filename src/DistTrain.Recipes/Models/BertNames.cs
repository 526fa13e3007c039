using DistTrain.Optimization.Parameters;

namespace DistTrain.Recipes.Models;

/// <summary>
/// What Hugging Face's BertForMaskedLM calls the tensors of <c>bert</c> (the model card of bert-base-uncased and its file's header). The matrices of queries,
/// keys and values are three; what an example's first sentence adds to each place lies beside the places; the scores' matrix is the embedding's. Files of
/// 2018 say gamma and beta of norms, and some leave out <c>bert.</c>.
/// </summary>
internal static class BertNames
{
    private const string Body = "bert.";

    /// <summary>A file has a row for the first sentence of an example and one for the second.</summary>
    private const int Sentences = 2;

    private static readonly string[] Unused =
        ["bert.embeddings.position_ids", "bert.pooler.dense.weight", "bert.pooler.dense.bias", "cls.seq_relationship.weight", "cls.seq_relationship.bias"];

    /// <param name="size">How deep it is.</param>
    /// <param name="layout">Its layout.</param>
    public static ForeignNames Of(TransformerSize size, ParameterLayout layout)
    {
        var modules = Modules(size.Depth);
        return new ForeignNames([.. SavedTensor.Of(layout).SelectMany(tensor => Of(tensor.Name, modules))]) { Unused = [.. Unused.SelectMany(WithAndWithoutBody)] };
    }

    private static IEnumerable<ForeignName> Of(string tensor, Dictionary<string, string> modules)
    {
        var end = tensor.LastIndexOf('.');
        var (module, parameter) = (modules.GetValueOrDefault(tensor[..end]), tensor[(end + 1)..]);
        if (module is null)
            return [new ForeignName(tensor, tensor)];
        return (tensor[..end], parameter) switch
        {
            (_, "in_proj_weight") => Parts(tensor, module, "weight"),
            (_, "in_proj_bias") => Parts(tensor, module, "bias"),
            ("embedding1", "weight") => [Named(tensor, $"{module}.weight", "cls.predictions.decoder.weight")],
            ("unembedding1", "bias") => [Named(tensor, $"{module}.bias", "cls.predictions.decoder.bias")],
            ("positions1", "weight") => [Named(tensor, $"{module}.weight"), Named(tensor, "bert.embeddings.token_type_embeddings.weight") with { AddedRows = Sentences }],
            _ when tensor.StartsWith("norm", StringComparison.Ordinal) => [Named(tensor, $"{module}.{parameter}", $"{module}.{(parameter == "weight" ? "gamma" : "beta")}")],
            _ => [Named(tensor, $"{module}.{parameter}")],
        };
    }

    private static IEnumerable<ForeignName> Parts(string tensor, string module, string parameter)
    {
        string[] parts = ["query", "key", "value"];
        return parts.Select((part, i) => Named(tensor, $"{module}.{part}.{parameter}") with { Part = i, Parts = parts.Length });
    }

    private static ForeignName Named(string tensor, params string[] theirs) =>
        new(theirs[0], tensor) { Aliases = [.. theirs.SelectMany(WithAndWithoutBody).Skip(1)] };

    private static IEnumerable<string> WithAndWithoutBody(string name) => name.StartsWith(Body, StringComparison.Ordinal) ? [name, name[Body.Length..]] : [name];

    /// <summary>The modules of our layers, in the order in which <see cref="BuiltInModels"/> has them.</summary>
    private static Dictionary<string, string> Modules(int depth)
    {
        Dictionary<string, string> modules = new()
        {
            ["embedding1"] = "bert.embeddings.word_embeddings",
            ["positions1"] = "bert.embeddings.position_embeddings",
            ["norm1"] = "bert.embeddings.LayerNorm",
            [$"fc{(2 * depth) + 1}"] = "cls.predictions.transform.dense",
            [$"norm{(2 * depth) + 2}"] = "cls.predictions.transform.LayerNorm",
            ["unembedding1"] = "cls.predictions",
        };
        for (var block = 0; block < depth; block++)
        {
            var path = $"bert.encoder.layer.{block}";
            modules[$"attention{block + 1}"] = $"{path}.attention.self";
            modules[$"attention{block + 1}.out_proj"] = $"{path}.attention.output.dense";
            modules[$"norm{(2 * block) + 2}"] = $"{path}.attention.output.LayerNorm";
            modules[$"fc{(2 * block) + 1}"] = $"{path}.intermediate.dense";
            modules[$"fc{(2 * block) + 2}"] = $"{path}.output.dense";
            modules[$"norm{(2 * block) + 3}"] = $"{path}.output.LayerNorm";
        }

        return modules;
    }
}
