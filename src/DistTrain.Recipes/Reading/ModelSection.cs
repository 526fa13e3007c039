using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>Reads what learns.</summary>
/// <param name="keys">Looks keys up.</param>
/// <param name="findings">Receives the problems.</param>
internal sealed class ModelSection(KeyReader keys, Findings findings)
{
    /// <summary>The section, or null when something is wrong with it.</summary>
    /// <param name="dataset">What it learns from; null when something is wrong with that.</param>
    public ModelRecipe? Read(DatasetRecipe? dataset)
    {
        var model = Model();
        CheckData(dataset, model);
        return model;
    }

    private ModelRecipe? Model()
    {
        var name = keys.Text(JobKeys.ModelName);
        var norm = keys.IsGiven(JobKeys.ModelNorm)
            ? keys.Text(JobKeys.ModelNorm)
            : name is not null && ModelNames.Residual.Contains(name) ? NormKinds.Batch : NormKinds.None;
        var layers = (IReadOnlyList<LayerRecipe>?)keys.Value(JobKeys.ModelLayers) ?? [];
        var areLayersGiven = keys.IsGiven(JobKeys.ModelLayers);
        if (name is ModelNames.Custom && !areLayersGiven)
            Refuse(JobKeys.ModelLayers, "is missing; custom needs a list of layers", at: JobKeys.ModelName);
        if (name is not null and not ModelNames.Custom && areLayersGiven)
            Refuse(JobKeys.ModelLayers, $"{name} brings its own layers; leave them out, or set model.name to {ModelNames.Custom}");
        if (name is ModelNames.Custom && norm is not (null or NormKinds.None))
            Refuse(JobKeys.ModelNorm, $"custom says in its layers where it normalizes: write 'norm: {norm}' there, and leave this out");
        if (name is ModelNames.Mlp && norm is NormKinds.Instance)
            Refuse(JobKeys.ModelNorm, "instance normalizes each channel over its positions, and mlp's features have none; use layer or group");
        var zeroGamma = (bool?)keys.Value(JobKeys.ModelZeroGamma);
        var reparametrization = keys.Text(JobKeys.ModelReparametrization);
        if (name is ModelNames.Custom && reparametrization is not (null or Reparametrizations.None))
            Refuse(JobKeys.ModelReparametrization, $"custom says so in its layers: write 'linear: {{out: 10, reparametrization: {reparametrization}}}' there, and leave this out");
        var spectralPenalty = keys.Number(JobKeys.ModelSpectralPenalty);
        if (name is not ModelNames.Custom && spectralPenalty > 0 && reparametrization is not (null or Reparametrizations.None))
            Refuse(JobKeys.ModelSpectralPenalty, $"reparametrization {reparametrization} leaves no plain weight to penalize; keep one of the two");
        var hasSize = name is ModelNames.Transformer or ModelNames.Bert;
        var size = Size(hasSize);
        if (name is null || norm is null || zeroGamma is null || reparametrization is null || spectralPenalty is null)
            return null;
        return new ModelRecipe(name, norm, layers)
        {
            ZeroGamma = zeroGamma.Value,
            Reparametrization = reparametrization,
            SpectralPenalty = spectralPenalty.Value,
            Width = name is ModelNames.ResNet18 or ModelNames.ResNet50 ? keys.IsGiven(TransformerKeys.Width) ? size?.Width : TransformerKeys.ResidualWidth : null,
            Size = hasSize ? size : null,
        };
    }

    private TransformerSize? Size(bool hasSize)
    {
        var size = keys.Text(TransformerKeys.Size) is null ? TransformerKeys.Default : TransformerKeys.Base;
        var (width, depth, heads) = (Of(TransformerKeys.Width, size.Width), Of(TransformerKeys.Depth, size.Depth), Of(TransformerKeys.Heads, size.Heads));
        if (hasSize && width % heads is > 0)
            Refuse(TransformerKeys.Heads, $"{heads} heads do not divide a width of {width}; give a divisor of {width}");
        return width is null || depth is null || heads is null ? null : new TransformerSize(width.Value, depth.Value, heads.Value);

        int? Of(JobKey key, int otherwise) => keys.IsGiven(key) ? keys.Count(key) : otherwise;
    }

    /// <summary>Rows of a table are no images, and neither are tokens.</summary>
    private void CheckData(DatasetRecipe? dataset, ModelRecipe? model)
    {
        if (dataset is null || model is null)
            return;
        var (takes, has, cure) = (dataset.Name, model.Name) switch
        {
            (DatasetNames.Csv, ModelNames.Cnn or ModelNames.ResNet20 or ModelNames.ResNet18 or ModelNames.ResNet50) => ("images", "tables", $"{ModelNames.Mlp} or {ModelNames.Softmax}"),
            (DatasetNames.Text, not (ModelNames.Transformer or ModelNames.Bert or ModelNames.Custom)) => ("images or tables", "characters", dataset.Masking is null ? ModelNames.Transformer : ModelNames.Bert),
            (not DatasetNames.Text, ModelNames.Transformer or ModelNames.Bert) => ("tokens", dataset.Name is DatasetNames.Csv ? "tables" : "images", ModelNames.Mlp),
            _ => default,
        };
        if (dataset.Masking is null ? model.Name is ModelNames.Bert && dataset.HasTokens : model.Name is ModelNames.Transformer)
        {
            Refuse(JobKeys.ModelName, dataset.Masking is null
                ? $"bert sees all tokens of an example, also the next one that it were to tell; give {ModelNames.Transformer}, or task.name: {TaskNames.MaskedToken}"
                : $"transformer sees the tokens before one alone, and a hidden one is told from those around it; give {ModelNames.Bert}, or {ModelNames.Custom} with layers");
        }

        if (dataset is { HasTokens: true, Masking: null })
            CheckSight(model.Layers, JobKeys.ModelLayers.Path);
        if (takes is null)
            return;
        var found = keys.IsGiven(JobKeys.ModelName) ? model.Name : $"is missing, and {model.Name}, the default,";
        Refuse(
            JobKeys.ModelName,
            $"{found} takes {takes}, and {dataset.Name} has {has}; give {cure}, or {ModelNames.Custom} with layers",
            at: keys.IsGiven(JobKeys.ModelName) ? JobKeys.ModelName : JobKeys.DatasetName);
    }

    /// <summary>What sees the next token has nothing to tell: it would learn to copy.</summary>
    private void CheckSight(IReadOnlyList<LayerRecipe> layers, string path)
    {
        for (var i = 0; i < layers.Count; i++)
        {
            if (layers[i] is ResidualRecipe residual)
            {
                var inside = $"{path}[{i}].{LayerForms.Residual}";
                CheckSight(residual.Layers, residual.Shortcut is null ? inside : $"{inside}.{LayerForms.Body}");
                CheckSight(residual.Shortcut ?? [], $"{inside}.{LayerForms.Shortcut}");
            }
            else if (layers[i].SeesLater)
            {
                var at = $"{path}[{i}].{LayerForms.Of(layers[i]).Name}.{LayerForms.Causal}";
                findings.Add(keys.OriginOf(at), at, $"sees the tokens behind one, also the next one that it were to tell; give true, or task.name: {TaskNames.MaskedToken}", "false");
            }
        }
    }

    private void Refuse(JobKey key, string rule, JobKey? at = null) =>
        findings.Add(keys.OriginOf((at ?? key).Path), key.Path, rule);
}
