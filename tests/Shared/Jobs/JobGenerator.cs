using CsCheck;
using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;
using DistTrain.Optimization.Scaling;
using DistTrain.Optimization.Schedules;
using DistTrain.Recipes;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Named;

namespace DistTrain.Tests.Jobs;

/// <summary>Random valid jobs, over all policies and options that the catalogs hold.</summary>
internal static class JobGenerator
{
    public static Gen<TrainingJob> Job { get; } = Gen.Select(Name(), Spec(), (name, spec) => new TrainingJob(name, spec));

    private static Gen<string> Name() =>
        Gen.Select(Gen.Char["abcxyz0189"], Gen.String[Gen.Char["abcxyz0189-"], 0, 39], (first, rest) => first + rest);

    private static Gen<TrainingSpec> Spec()
    {
        var shape = Gen.Select(Gen.Int[1, 1024], Gen.Int[0, 5000], Gen.Int[1, 1_048_576], (workers, more, micro) => (Workers: workers, Batch: workers + more, Micro: micro));
        var length = Gen.Select(Gen.Bool, Gen.Long[1, 1_000_000], (isEpochs, n) => isEpochs ? ((int?)n, (long?)null) : (null, n));
        var scopes = Gen.OneOf([BatchNormScope.Local, new(BatchNormScopeKind.Global), new(BatchNormScopeKind.Group, 1), new(BatchNormScopeKind.Ghost, 32)]);
        var batchNorm = Gen.Select(scopes, Gen.OneOf([.. BatchNormEvaluations.All]), Gen.Double[1e-6, 1], Gen.Double[1e-12, 10], (scope, evaluation, m, e) => new BatchNormRecipe(scope, evaluation, m, e));
        var renorm = Gen.Select(Gen.Double[1, 10], Gen.Double[0, 10], Gen.Double[0, 0.5], Gen.Double[0.5, 1], Gen.Double[0.5, 1], (r, d, start, rEnd, dEnd) => new RenormRamp(r, d, start, rEnd, dEnd));
        var numerics = Gen.Select(Gen.OneOf([.. NumericsPolicies.All]), Gen.Double[1, 100], Gen.Bool, Gen.Int[0, 1000], (policy, factor, isOff, replay) => new NumericsRecipe(policy, isOff ? 0 : factor, replay));
        var saving = Gen.Select(Gen.Int[0, 1000], Gen.Int[1, 100], Gen.Int[0, 10], numerics, (every, keep, evaluate, wrong) => (new CheckpointRecipe(every, keep), new EvaluationRecipe(evaluate), wrong));
        var policies = Gen.Select(Policy(PolicyCatalog.Optimizers), Policy(PolicyCatalog.Schedules), Policy(PolicyCatalog.Averagings));
        var rates = Gen.Select(Gen.OneOf([.. ScalingRules.All]), Gen.Int[1, 10_000], Gen.OneOf([.. WarmupStarts.All]), (rule, batch, from) => new ScalingRecipe(rule, batch, from));
        var batches = Gen.Select(Policy(PolicyCatalog.Batches), Gen.Bool, (policy, isPlain) => isPlain ? null : policy);
        var recipe = Gen.OneOf([null, .. NamedRecipe.Names]);
        return Gen.Select(Dataset(), Model(), shape, length, Gen.Select(Gen.Long, recipe, Gen.OneOf([.. Determinisms.All]), Start()), Gen.Select(policies, batches), Gen.Select(batchNorm, rates, renorm), saving, (dataset, model, s, l, named, ps, norm, save) => Fitting(new TrainingSpec
        {
            Recipe = named.Item2,
            Dataset = Drawn(dataset, named.Item1),
            Model = model,
            From = named.Item4,
            Workers = s.Workers,
            BatchPlan = Fitting(s.Batch, s.Workers, l.Item1, ps.Item2),
            MicroBatch = s.Micro,
            Epochs = l.Item1,
            Steps = l.Item2,
            Seed = named.Item1,
            Determinism = named.Item3,
            Precision = named.Item3 == Determinisms.Host && named.Item1 % 2 == 0 ? Precisions.BFloat16 : Precisions.Float32,
            Optimizer = ps.Item1.Item1,
            Freeze = Patterns(named.Item1).Freeze,
            Rates = Patterns(named.Item1).Rates,
            Schedule = ps.Item1.Item2,
            Averaging = ps.Item1.Item3,
            Scaling = s.Workers == 1 && norm.Item2.Rule == ScalingRules.AdaScale ? norm.Item2 with { Rule = ScalingRules.None } : norm.Item2,
            BatchNorm = norm.Item1,
            Renorm = norm.Item3,
            Checkpoint = save.Item1,
            Evaluation = save.Item2,
            Numerics = save.Item3,
            UpdateProbe = (named.Item1 & 7) > 4
                ? new UpdateProbeRecipe((int)(named.Item1 & 3), UpdateProbes.Curvature) { Examples = s.Micro, Products = 1 + (s.Workers % 1000) }
                : new UpdateProbeRecipe((int)(named.Item1 & 3), (named.Item1 & 15) is 1 or 3 ? UpdateProbes.Smoothness : UpdateProbes.CriticalSharpness),
        }));
    }

    /// <summary>
    /// The job with a warm-up of one length, in the unit of the job's, an averaging that its length allows, and for tables a model that takes them.
    /// </summary>
    private static TrainingSpec Fitting(TrainingSpec spec)
    {
        var given = spec.Schedule.Options;
        var isLegw = spec.Scaling.Rule == ScalingRules.Legw;
        var longest = (double?)spec.Epochs ?? spec.Steps!.Value;
        if (isLegw && spec.Epochs is not null)
            longest = Math.Min(longest, longest * spec.Scaling.ReferenceBatch / spec.Batch) * 0.999;
        var wanted = given.Number(spec.Epochs is null ? WarmUp.StepsKey : WarmUp.EpochsKey);
        var length = isLegw || spec.Schedule.Name == "noam" ? longest / 2 : Math.Min(wanted, longest);
        var options = given.With(WarmUp.EpochsKey, spec.Epochs is null ? 0.0 : length).With(WarmUp.StepsKey, spec.Epochs is null ? length : 0.0);
        var startsTwice = options.Has(WarmUp.FromKey) && options.Number(WarmUp.FromKey) > 0;
        return spec with
        {
            Model = Fitting(spec.Dataset, spec.Model),
            Schedule = spec.Schedule with { Options = options },
            Scaling = startsTwice ? spec.Scaling with { WarmupFrom = WarmupStarts.Zero } : spec.Scaling,
            Averaging = Fitting(spec.Averaging, spec.Dataset.Regression is null ? spec.Epochs : null),
            TrainAccuracy = spec.Seed % 2 == 0 && Fitting(spec.Averaging, spec.Epochs).Name == NoAveraging.PolicyName ? 0.9 : null,
            Numerics = FittingNumerics(spec),
        };
    }

    /// <summary>No rollback without checkpoints, no replay without another rank, no judging of ranks on their own.</summary>
    private static NumericsRecipe FittingNumerics(TrainingSpec spec)
    {
        var isAlone = spec.Epochs is not null && spec.AveragingPlan.HasReplicas;
        var numerics = isAlone ? new NumericsRecipe(NumericsPolicies.Stop, 0, spec.Numerics.ReplayCheck) : spec.Numerics;
        return numerics with
        {
            Policy = numerics.Policy == NumericsPolicies.Rollback && spec.Checkpoint.EverySteps == 0 ? NumericsPolicies.SkipStep : numerics.Policy,
            ReplayCheck = spec.Workers == 1 ? 0 : numerics.ReplayCheck,
        };
    }

    /// <summary>A batch that starts with that many examples; a number where the policy has no ranks to compare, or no epochs to count in.</summary>
    private static BatchRecipe Fitting(int batch, int workers, int? epochs, PolicyRecipe? policy)
    {
        if (policy is null || (policy.Name == "auto" && workers == 1) || (policy.Name == "growth" && epochs is null))
            return new BatchRecipe(batch, Policy: null);
        var options = policy.Options.With("from", (long)batch).With("to", batch + policy.Options.Whole("to"));
        return new BatchRecipe(batch, policy with { Options = options });
    }

    private static PolicyRecipe Fitting(PolicyRecipe averaging, int? epochs)
    {
        const string Start = "startEpoch";
        if (epochs is null)
            return new PolicyRecipe(NoAveraging.PolicyName, new OptionValues(PolicyCatalog.Averagings[NoAveraging.PolicyName].Options, new Dictionary<string, object>()));
        var latest = averaging.Name == "post-local" ? epochs.Value - 1 : epochs.Value;
        return averaging.Options.Has(Start)
            ? averaging with { Options = averaging.Options.With(Start, Math.Min(averaging.Options.Whole(Start), latest)) }
            : averaging;
    }

    private static Gen<DatasetRecipe> Dataset() =>
        Gen.Select(Gen.OneOf([.. DatasetNames.All]), FolderPath(), Cap(), Cap(), Gen.OneOf([.. CsvHeaders.All]), FolderPath(), (name, path, train, test, header, label) => name switch
        {
            DatasetNames.Digits => new DatasetRecipe(name, null, train ?? 8000, test ?? 2000),
            DatasetNames.Csv => new DatasetRecipe(name, path, train, test) { Header = header, Label = label },
            DatasetNames.Text => (path.Length % 5) switch
            {
                3 => new DatasetRecipe(name, path, train, test) { Context = 1 + path.Length, Length = path.Length % 3 == 0 ? null : path.Length, Tokens = path.Length % 3 == 0 ? TokenKinds.WordPiece : TokenKinds.BytePair, VocabularySha256 = path.Length % 2 == 0 ? null : new string('e', 64) },
                4 => new DatasetRecipe(name, path, train, test) { Context = 1 + path.Length, Tokens = path.Length % 2 == 0 ? TokenKinds.UInt16 : TokenKinds.UInt32, VocabularySize = 2 + path.Length },
                _ => new DatasetRecipe(name, path, train, test) { Context = 1 + path.Length, Documents = DocumentLayouts.All[path.Length % 2], Tokens = TokenKinds.All[path.Length % 3 / 2] },
            },
            _ => new DatasetRecipe(name, path, train, test),
        });

    /// <summary>With what the seed draws.</summary>
    private static DatasetRecipe Drawn(DatasetRecipe dataset, long seed) => dataset with
    {
        Validation = seed % 3 == 0 && dataset.TrainExamples is null or > 10 ? new ValidationRecipe(Apart(seed), seed) : null,
        Regression = dataset.Name == DatasetNames.Csv && seed % 2 != 0 ? new RegressionRecipe(seed % 3 == 0 ? RegressionLosses.Huber : RegressionLosses.Squared, seed % 3 == 0 ? 0.5 : 1) : null,
        Classification = !dataset.HasTokens && seed % 2 == 0 ? new ClassificationRecipe(seed % 3 == 0 ? 0.125 : 0, seed % 5 == 0 ? [1, 0.5, 3, 1, 1, 1, 1, 1, 1, 2] : [], seed % 7 == 0 ? 5 : 1) : ClassificationRecipe.Plain,
        Masking = dataset.HasTokens && seed % 2 == 0 ? new MaskingRecipe(0.25, 0.5, 0.375, seed) : null,
    };

    private static Gen<StartRecipe?> Start()
    {
        var digest = Gen.OneOf<string?>([null, new string('0', 64), new string('f', 64)]);
        return Gen.Select(FolderPath(), Gen.OneOf([.. StartSlots.All]), Gen.OneOf([.. StartPositions.All]), digest, Gen.Bool, (path, slots, position, sha256, isNone) =>
            isNone ? null : new StartRecipe(path, slots, position) { Sha256 = sha256, IsFile = path.Length % 2 == 0, Names = NamesOf(path) });
    }

    /// <summary>Of a file: none, a map in the order of its names, or known ones.</summary>
    private static NamesRecipe NamesOf(string path) => (path.Length % 6) switch
    {
        2 => new NamesRecipe(null, [new ForeignName("a " + path, "fc1.bias"), new ForeignName("b: " + path, "fc1.weight", IsTransposed: true)]),
        4 => new NamesRecipe(NameConventions.PyTorch, []),
        _ => NamesRecipe.None,
    };

    /// <summary>In the order of their characters; a model need not have them to be written.</summary>
    private static (IReadOnlyList<string> Freeze, IReadOnlyList<RateFactor> Rates) Patterns(long seed) => (seed & 3) switch
    {
        0 => ([], []),
        1 => (["conv?.*", "norm1.weight"], []),
        2 => ([], [new RateFactor("*.bias", 1e-3), new RateFactor("fc1.weight", 2)]),
        _ => (["{a}: \"b\""], [new RateFactor("#*", 0.5)]),
    };

    /// <summary>A share, or a count that leaves something to train on.</summary>
    private static double Apart(long seed) => seed % 2 == 0 ? 0.25 : 1;

    private static Gen<int?> Cap() => Gen.Int[0, 100_000].Select(n => n == 0 ? (int?)null : n);

    private static Gen<string> FolderPath() => Gen.OneOf(
        Gen.OneOf("/data/mnist", "C:\\data\\\"x\"", "null", "~", "yes", "12", "1e3", " padded ", "# no", "a: b", "- x", "*.csv", "été/数据/🎲", "{}", "'", "---", "%x", "\u00A0x", "a #b"),
        Gen.String[Gen.Char[' ', '~'], 1, 30].Where(path => !string.IsNullOrWhiteSpace(path)));

    private static Gen<ModelRecipe> Model() =>
        Gen.Select(Gen.OneOf([.. ModelNames.All]), Gen.OneOf([.. NormKinds.All]), Layers(3), Gen.OneOf([.. Reparametrizations.All]), Gen.Double[0, 1], Gen.Bool, Fitting);

    /// <summary>Another model where the data are not for this one.</summary>
    private static ModelRecipe Fitting(DatasetRecipe dataset, ModelRecipe model) => (dataset.Name, model.Name) switch
    {
        (DatasetNames.Text, ModelNames.Custom) when dataset.Masking is null => model with { Layers = [.. model.Layers.Where(layer => !layer.SeesLater), new AttentionRecipe(model.Layers.Count, Causal: true)] },
        (_, ModelNames.Custom) => model,
        (DatasetNames.Text, _) => model with { Name = dataset.Masking is null ? ModelNames.Transformer : ModelNames.Bert, Norm = NormKinds.None, Width = null, Size = model.Size ?? new TransformerSize(6, 2, 3) },
        (_, ModelNames.Transformer or ModelNames.Bert) => model with { Name = ModelNames.Softmax, Size = null },
        (DatasetNames.Csv, ModelNames.Cnn or ModelNames.ResNet20 or ModelNames.ResNet18 or ModelNames.ResNet50) => model with { Name = ModelNames.Softmax, Width = null },
        _ => model,
    };

    /// <summary>A model of which no part excludes another.</summary>
    private static ModelRecipe Fitting(string name, string norm, IReadOnlyList<LayerRecipe> layers, string reparametrization, double penalty, bool zeroGamma)
    {
        var isCustom = name == ModelNames.Custom;
        var hasNorm = !isCustom && (name, norm) is not (ModelNames.Mlp, NormKinds.Instance);
        return new ModelRecipe(name, hasNorm ? norm : NormKinds.None, isCustom ? layers : [])
        {
            Reparametrization = isCustom ? Reparametrizations.None : reparametrization,
            SpectralPenalty = isCustom || reparametrization == Reparametrizations.None ? penalty : 0,
            ZeroGamma = zeroGamma,
            Width = name is ModelNames.ResNet18 or ModelNames.ResNet50 ? 5 : null,
            Size = name is ModelNames.Transformer or ModelNames.Bert ? new TransformerSize(8, 3, 2) : null,
        };
    }

    private static Gen<IReadOnlyList<LayerRecipe>> Layers(int nesting) => Layer(nesting).List[1, 5].Select(l => (IReadOnlyList<LayerRecipe>)l);

    private static Gen<LayerRecipe> Layer(int nesting)
    {
        var size = Gen.Int[1, 64];
        Gen<LayerRecipe> simple = Gen.OneOf(
            Gen.Select(size, Gen.Bool, Reparametrization(), (n, bias, kind) => (LayerRecipe)new LinearRecipe(n, bias, kind)),
            Gen.Select(size, size, size, Gen.Int[0, 9], Gen.Bool, Reparametrization(), (n, k, s, p, bias, kind) => (LayerRecipe)new ConvRecipe(n, k, s, p, bias, kind, bias ? n : 1)),
            Gen.Select(size, size, size, Gen.Int[0, 9], Gen.Bool, Gen.Bool, Reparametrization(), (n, k, s, p, causal, bias, kind) => (LayerRecipe)new Conv1dRecipe(n, k, s, causal ? 0 : p, causal, bias, kind, bias ? n : 1)),
            Gen.Select(Gen.OneOf([.. NormKinds.Layers]), size, Gen.Bool, Gen.Bool, (kind, groups, isGiven, zero) => (LayerRecipe)new NormRecipe(kind, kind == NormKinds.Group && isGiven ? groups : null, zero)),
            Gen.OneOf("relu", "tanh", "sigmoid", "gelu", "silu").Select(kind => (LayerRecipe)new ActivationRecipe(kind)),
            Gen.Select(Gen.OneOf("max", "average"), size, size, (kind, n, s) => (LayerRecipe)new PoolRecipe(kind, n, s, kind == "max" ? n / 2 : 0)),
            size.Select(n => (LayerRecipe)new EmbeddingRecipe(n)),
            Gen.OneOf([.. PositionKinds.All]).Select(kind => (LayerRecipe)new PositionsRecipe(kind)),
            Gen.Select(size, Gen.Bool, (heads, causal) => (LayerRecipe)new AttentionRecipe(heads, causal)),
            Gen.Double[0, 0.999].Select(rate => (LayerRecipe)new DropoutRecipe(rate)),
            Gen.OneOf<LayerRecipe>(new GlobalAveragePoolRecipe(), new FlattenRecipe()));
        return nesting == 0 ? simple : Gen.Frequency((4, simple), (1, Gen.Select(Layers(nesting - 1), Layers(0), Gen.Bool, (body, shortcut, isBare) => (LayerRecipe)new ResidualRecipe(body, isBare ? null : shortcut))));
    }

    private static Gen<string> Reparametrization() => Gen.OneOf([.. Reparametrizations.All]);

    private static Gen<PolicyRecipe> Policy(PolicyCatalog catalog) =>
        Gen.OneOf([.. catalog.Policies.Select(p => Options(p).Select(given => new PolicyRecipe(p.Name, new OptionValues(p.Options, given))))]);

    private static Gen<Dictionary<string, object>> Options(Policy policy) =>
        policy.Options.Aggregate(Gen.Const(new Dictionary<string, object>()), (all, option) =>
            Gen.Select(all, Value(option), Gen.Bool, (given, value, isGiven) =>
                isGiven || option.Default is null ? new Dictionary<string, object>(given) { [option.Name] = value } : given));

    private static Gen<object> Value(Option option) => option.Kind switch
    {
        OptionKind.Flag => Gen.Bool.Select(b => (object)b),
        OptionKind.Choice => Gen.OneOf([.. option.Choices]).Select(c => (object)c),
        OptionKind.Names => Gen.Shuffle(option.Choices.ToArray(), 0, option.Choices.Count).Select(n => (object)(IReadOnlyList<string>)n),
        OptionKind.Whole => Gen.Long[(long)option.Minimum, (long)Math.Min(option.Maximum, option.Minimum + 100)].Select(n => (object)n),
        OptionKind.Numbers => Number(option).Array[0, 5].Select(n => (object)(IReadOnlyList<double>)[.. n.Distinct().Order()]),
        _ => Number(option).Select(x => (object)x),
    };

    private static Gen<double> Number(Option option) =>
        Gen.Double[Math.Max(option.Minimum, -100), Math.Min(option.Maximum, 100)].Where(option.Allows);
}
